// A served emulator, the clients that talk to it, and requests to start from.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export const ACCOUNT_ID = "111122223333";
export const REGION = "us-east-1";

// Nothing of the machine's own settings, and no proxy between a client and the emulator.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("AWS_") || name.toLowerCase().endsWith("_proxy")) delete process.env[name];
}

const started = new Set();
process.on("exit", () => started.forEach((process) => process.kill("SIGKILL")));

/** Starts `rekon emulator` on a free port; without arguments there are no quotas, and what takes time is soon done. */
export async function serve(t, ...arguments_) {
  const settings = ["emulator", "--listen", "127.0.0.1:0", "--quota", "off", "--settle", "50ms"];
  const child = spawn(process.env.REKON_BIN, [...settings, ...arguments_], { stdio: ["ignore", "ignore", "pipe"] });
  started.add(child);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const said = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const found = /^listening on (\S+)/.exec(line);
    if (found) {
      child.stderr.resume();
      t.after(async () => {
        child.kill("SIGTERM");
        await ended;
      });
      return found[1];
    }
  }
  throw new Error(`it did not start: ${said.join("\n")}`);
}

/** A client that tries once, unless the test says otherwise. */
export function client(t, Client, endpoint, settings = {}) {
  const made = new Client({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "any" },
    maxAttempts: 1,
    ...settings,
  });
  t.after(() => made.destroy());
  return made;
}

export const arn = (name) => `arn:aws:rekognition:${REGION}:${ACCOUNT_ID}:streamprocessor/${name}`;

export const labelDetection = (Name, members = {}) => ({
  Name,
  Input: { KinesisVideoStream: { Arn: `arn:aws:kinesisvideo:${REGION}:${ACCOUNT_ID}:stream/${Name}/1574421418636` } },
  Output: { S3Destination: { Bucket: "doorbell-results", KeyPrefix: `${Name}/` } },
  RoleArn: `arn:aws:iam::${ACCOUNT_ID}:role/RekognitionStreams`,
  NotificationChannel: { SNSTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT_ID}:AmazonRekognitionDoorbells` },
  Settings: { ConnectedHome: { Labels: ["PERSON", "PACKAGE"] } },
  ...members,
});

export const faceSearch = (Name, members = {}) => ({
  Name,
  Input: { KinesisVideoStream: { Arn: `arn:aws:kinesisvideo:${REGION}:${ACCOUNT_ID}:stream/${Name}/1590000000000` } },
  Output: { KinesisDataStream: { Arn: `arn:aws:kinesis:${REGION}:${ACCOUNT_ID}:stream/AmazonRekognition${Name}` } },
  RoleArn: `arn:aws:iam::${ACCOUNT_ID}:role/RekognitionFaces`,
  Settings: { FaceSearch: { CollectionId: "staff" } },
  ...members,
});
