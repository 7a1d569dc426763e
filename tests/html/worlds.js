// Fleets and the reports that rekon makes of them: each world is a folder with files and what lives.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

const ACCOUNT_ID = "111122223333";
const REGION = "us-east-1";
const REKON = process.env.REKON_BIN;

const folders = mkdtempSync(join(tmpdir(), "rekon-html-"));
after(() => rmSync(folders, { recursive: true }));

const role = (name) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
const stream = (name) => `arn:aws:kinesisvideo:${REGION}:${ACCOUNT_ID}:stream/${name}/1574421418636`;
const topic = `arn:aws:sns:${REGION}:${ACCOUNT_ID}:AmazonRekognitionDoorbells`;

/** The head of a project of so many zones and templates as its cameras need. */
function head(name, more = "") {
  return `[stack]
name = "${name}"
account_id = "${ACCOUNT_ID}"
region = "${REGION}"
include = ["cameras/*.toml"]
${more}
[guard]
max_deletes = 20000
max_replacements = 20000

[defaults]
role_arn = "${role("RekognitionStreams")}"
notification_channel.sns_topic_arn = "${topic}"
output.s3_destination.bucket = "doorbell-results"

[template.door]
settings.connected_home = { labels = ["PERSON", "PACKAGE"], min_confidence = 60 }

[zone.doorstep]
polygon = [[0.1, 0.55], [0.9, 0.55], [1.0, 1.0], [0.0, 1.0]]

[zone.gate]
bounding_box = { left = 0.5, top = 0.25, width = 0.5, height = 0.5 }
`;
}

/** A camera's table. */
function camera(name, more = "") {
  return `[processor.${JSON.stringify(name)}]
extends = "door"
input.kinesis_video_stream.arn = "${stream(name)}"
output.s3_destination.key_prefix = "${name}/"
${more}
`;
}

/** A camera as the service shows it, as the files declare it. */
function stands(name, more = {}) {
  return {
    Name: name,
    StreamProcessorArn: `arn:aws:rekognition:${REGION}:${ACCOUNT_ID}:streamprocessor/${name}`,
    Status: "STOPPED",
    RoleArn: role("RekognitionStreams"),
    Input: { KinesisVideoStream: { Arn: stream(name) } },
    Output: { S3Destination: { Bucket: "doorbell-results", KeyPrefix: `${name}/` } },
    NotificationChannel: { SNSTopicArn: topic },
    Settings: { ConnectedHome: { Labels: ["PERSON", "PACKAGE"], MinConfidence: 60 } },
    RegionsOfInterest: [],
    Tags: {},
    ...more,
  };
}

function snapshot(processors) {
  const taken_at = "2026-11-20T08:00:00Z";
  return JSON.stringify({ format_version: "1.0", taken_at, account_id: ACCOUNT_ID, region: REGION, complete: true, processors });
}

/** A folder with these files. */
function folder(name, files) {
  const path = join(folders, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return path;
}

/** Runs rekon in a folder. It may end with one of these codes. */
function rekon(cwd, args, codes = [0]) {
  const { GITHUB_WORKSPACE: _, ...env } = { ...process.env, AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" };
  try {
    execFileSync(REKON, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if (!codes.includes(error.status)) throw new Error(`rekon ${args.join(" ")}: ${error.status}\n${error.stderr}`);
  }
}

const places = ["north", "south", "west"];
const names = (word, count) => Array.from({ length: count }, (_, at) => `${word}-${String(at).padStart(count > 999 ? 5 : 2, "0")}`);

/** The camera of the street whose tag says where it is. */
const street = (name, at, more = "") => camera(name, `tags = { site = "${places[at % 3]}", floor = "${at}" }\n${more}`);

/** A fleet with everything that a plan can do, and what drift and an apply that fails make of it. */
export async function street_of_cameras() {
  const cameras = names("camera", 12);
  const before = [
    ...cameras.map((name, at) => street(name, at, "settings.connected_home.min_confidence = 50\n")),
    ...names("shed", 2).map((name) => camera(name)),
    camera("cellar", "regions_of_interest = [{ zone = \"gate\" }]\n"),
    camera("garage", `role_arn = "${role("OldRole")}"\n`),
    camera("front", "tags.site = \"north\"\n"),
    camera("yard", "regions_of_interest = [{ zone = \"gate\" }, { bounding_box = { left = 0, top = 0, width = 0.25, height = 0.5 } }]\n"),
    camera("lane", "tags.site = \"south\"\n"),
  ];
  const path = folder("street", { "rekon.toml": head("street"), "cameras/all.toml": before.join("\n") });
  rekon(path, ["apply", "--emulator=state.json", "--auto-approve"]);

  // Somebody changes a threshold by hand, and a camera stays that no file declares.
  const state = JSON.parse(readFileSync(join(path, "state.json"), "utf8"));
  const lane = state.processors.find(({ Name }) => Name === "lane");
  lane.Settings.ConnectedHome.MinConfidence = 90;
  state.processors.push(stands("legacy"));
  writeFileSync(join(path, "state.json"), JSON.stringify(state));

  const after_ = [
    ...cameras.map((name, at) => street(name, at)),
    camera("garage"),
    camera("front-door", "tags.site = \"north\"\n"),
    "[[moved]]\nfrom = \"front\"\nto = \"front-door\"\n",
    camera("yard", "regions_of_interest = [{ zone = \"doorstep\" }, { bounding_box = { left = 0, top = 0, width = 0.3, height = 0.5 } }]\nsettings.connected_home.labels = [\"ALL\"]\n"),
    camera("lane", "tags.site = \"west\"\n"),
    camera("porch", "regions_of_interest = [{ zone = \"doorstep\" }]\ntags.site = \"north\"\n"),
  ];
  folder("street", { "cameras/all.toml": after_.join("\n") });
  const reports = (name) => ["--report", `html=${name}.html`];
  rekon(path, ["plan", "--emulator=state.json", "--out", "plan.json", ...reports("plan")]);
  rekon(path, ["show", "plan.json", ...reports("show")]);
  rekon(path, ["drift", "--emulator=state.json", ...reports("drift")], [2]);
  const refused = `${head("street").replace("max_deletes = 20000", "max_deletes = 1")}`;
  folder("street", { "rekon.toml": refused });
  rekon(path, ["plan", "--emulator=state.json", ...reports("refused")], [3]);
  folder("street", { "rekon.toml": head("street"), "broken.toml": "" });

  const served = await serve(path, ["--state", "state.json", "--fault", "Create/garage=deny", "--fault", "Update/yard=deny"]);
  try {
    rekon(path, ["apply", "--endpoint-url", served.url, "--auto-approve", ...reports("outcome")], [5]);
  } finally {
    await served.stop();
  }
  folder("street", { "rekon.toml": "[stack]\nname = 7\n" });
  rekon(path, ["plan", "--emulator=state.json", ...reports("mistaken")], [1]);
  return Object.fromEntries(["plan", "show", "drift", "refused", "outcome", "mistaken"].map((name) => [name, join(path, `${name}.html`)]));
}

/** Texts that would be markup, script or a trick to the eye, if something let them. */
export const HOSTILE = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<!--<script>",
  "]]>\"'`${alert(1)}",
  "\u2028alert(1)\u2029",
  "exe.\u202etxt",
  "javascript:alert(1)",
  "__proto__",
];

/** A plan whose every text is somebody's who means harm. */
export function hostile() {
  const path = folder("hostile", {
    "rekon.toml": head("hostile", "ownership = \"none\"\ntags = \"exclusive\""),
    "cameras/<img src=x onerror=alert(1)>.toml": names("door", HOSTILE.length)
      .map((name, at) => camera(name, `tags = { ${JSON.stringify(`key ${at}`)} = "plain" }\n`)).join("\n"),
    "live.json": snapshot(names("door", HOSTILE.length).map((name, at) => stands(name, {
      Status: "FAILED", StatusMessage: HOSTILE[at], Tags: { [HOSTILE[at]]: HOSTILE[at] },
    }))),
  });
  rekon(path, ["plan", "--live", "live.json", "--format", "json", "--report", "html=plan.html", "--out", "plan.json"]);
  // Whoever can write a plan can write anything into it that has its shape.
  const plan = JSON.parse(readFileSync(join(path, "plan.json"), "utf8"));
  plan.digest = undefined;
  plan.stack.name = HOSTILE[0];
  plan.undeclared = HOSTILE;
  plan.summary.undeclared = HOSTILE.length;
  plan.refusals = HOSTILE.map((text) => ({ code: "guard-deletes", name: null, message: text, help: text }));
  plan.changes.forEach((change, at) => { change.name = HOSTILE[at]; });
  plan.calls.forEach((call) => { call.request = JSON.parse(`{"__proto__": "own", "Name": ${JSON.stringify(HOSTILE)}}`); });
  writeFileSync(join(path, "edited.json"), JSON.stringify(plan));
  rekon(path, ["show", "edited.json", "--report", "html=edited.html"]);
  return { plan: join(path, "plan.html"), edited: join(path, "edited.html") };
}

/** Ten thousand that all change: most by themselves, in several attributes, one in ten replaced. */
export function ten_thousand() {
  const all = names("camera", 10_000);
  const box = (at, width) => ({ BoundingBox: { Left: (at % 101) / 250, Top: (at % 97) / 250, Width: width, Height: 0.25 } });
  const files = {
    "rekon.toml": head("fleet", "ownership = \"none\""),
    "live.json": snapshot(all.map((name, at) => stands(name, {
      RoleArn: role(at % 10 ? "RekognitionStreams" : "OldRole"),
      Settings: { ConnectedHome: { Labels: ["PERSON"], MinConfidence: 20 + (at % 30) } },
      RegionsOfInterest: [box(at, 0.25)],
      Tags: { site: `site-${at % 200}`, floor: String(at) },
    }))),
  };
  for (let at = 0; at < all.length; at += 100) {
    files[`cameras/part-${at / 100}.toml`] = all.slice(at, at + 100).map((name, within) => {
      const { Left, Top, Width, Height } = box(at + within, 0.3 + ((at + within) % 20) / 100).BoundingBox;
      return camera(name, `settings.connected_home.min_confidence = ${60 + ((at + within) % 40)}
regions_of_interest = [{ bounding_box = { left = ${Left}, top = ${Top}, width = ${Width}, height = ${Height} } }]
tags = { site = "site-${(at + within) % 200}", floor = "${at + within + 1}" }
`);
    }).join("\n");
  }
  const path = folder("fleet", files);
  rekon(path, ["plan", "--live", "live.json", "--format", "json", "--report", "html=plan.html"]);
  return join(path, "plan.html");
}

/** An emulator that is served to this machine. */
async function serve(cwd, args) {
  const all = ["emulator", "--listen", "127.0.0.1:0", "--quota", "off", "--settle", "50ms", ...args];
  const child = spawn(REKON, all, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => { child.on("exit", resolve); });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /^listening on (http:\/\/\S+)/.exec(line);
    if (found) {
      child.stderr.resume();
      return { url: found[1], stop };
    }
  }
  throw new Error("the emulator did not start");
}
