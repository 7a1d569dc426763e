// The AWS SDK for JavaScript, version 3, against a served emulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { CloudTrailClient, LookupEventsCommand, paginateLookupEvents } from "@aws-sdk/client-cloudtrail";
import * as rekognition from "@aws-sdk/client-rekognition";
import { ResourceGroupsTaggingAPIClient, paginateGetResources } from "@aws-sdk/client-resource-groups-tagging-api";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

import { ACCOUNT_ID, arn, client, faceSearch, labelDetection, serve } from "./emulator.js";

const { RekognitionClient } = rekognition;

/** Sends an operation by its name; gives the answer without what the SDK adds. */
const sender = (client) => async (operation, input) => {
  const { $metadata, ...answer } = await client.send(new rekognition[`${operation}Command`](input));
  assert.equal($metadata.httpStatusCode, 200);
  assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
  return answer;
};

/** Waits until a processor has a status; gives it as it then is. */
async function settled(send, Name, status) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const shown = await send("DescribeStreamProcessor", { Name });
    if (shown.Status === status) return shown;
    await wait(20);
  }
  throw new Error(`${Name} never was ${status}`);
}

const BOX = { BoundingBox: { Left: 0.25, Top: 0, Width: 0.5, Height: 0.5 } };
const POLYGON = { Polygon: [{ X: 0, Y: 0.5 }, { X: 1, Y: 0.5 }, { X: 0.5, Y: 1 }] };

test("label detection from its creation to its end", async (t) => {
  const send = sender(client(t, RekognitionClient, await serve(t)));
  const request = labelDetection("front-door", {
    KmsKeyId: "alias/doorbells",
    RegionsOfInterest: [BOX, POLYGON],
    DataSharingPreference: { OptIn: true },
  });
  request.Settings.ConnectedHome.MinConfidence = 80.1;
  const created = await send("CreateStreamProcessor", { ...request, Tags: { site: "nörd" } });
  assert.deepEqual(created, { StreamProcessorArn: arn("front-door") });

  const shown = await send("DescribeStreamProcessor", { Name: "front-door" });
  const { CreationTimestamp, LastUpdateTimestamp, ...rest } = shown;
  assert.ok(Math.abs(CreationTimestamp - Date.now()) < 60_000);
  assert.deepEqual(CreationTimestamp, LastUpdateTimestamp);
  request.Settings.ConnectedHome.MinConfidence = Math.fround(80.1);
  const confidence = rest.Settings.ConnectedHome.MinConfidence;
  assert.equal(Math.fround(confidence), Math.fround(80.1));
  rest.Settings.ConnectedHome.MinConfidence = Math.fround(confidence);
  assert.deepEqual(rest, { ...request, StreamProcessorArn: arn("front-door"), Status: "STOPPED" });

  await send("UpdateStreamProcessor", {
    Name: "front-door",
    SettingsForUpdate: { ConnectedHomeForUpdate: { Labels: ["PET"] } },
    RegionsOfInterestForUpdate: [POLYGON],
    ParametersToDelete: ["ConnectedHomeMinConfidence"],
  });
  const updated = await settled(send, "front-door", "STOPPED");
  assert.deepEqual(updated.Settings, { ConnectedHome: { Labels: ["PET"] } });
  assert.deepEqual(updated.RegionsOfInterest, [POLYGON]);

  const session = await send("StartStreamProcessor", {
    Name: "front-door",
    StartSelector: { KVSStreamStartSelector: { ProducerTimestamp: Date.now() } },
    StopSelector: { MaxDurationInSeconds: 1 },
  });
  assert.ok(session.SessionId);
  await settled(send, "front-door", "STOPPED");
  assert.deepEqual(await send("DeleteStreamProcessor", { Name: "front-door" }), {});
  assert.deepEqual(await send("ListStreamProcessors", {}), { StreamProcessors: [] });
});

test("face search starts and stops", async (t) => {
  const send = sender(client(t, RekognitionClient, await serve(t)));
  await send("CreateStreamProcessor", faceSearch("lobby"));
  const shown = await send("DescribeStreamProcessor", { Name: "lobby" });
  assert.deepEqual(shown.Settings, { FaceSearch: { CollectionId: "staff", FaceMatchThreshold: 80 } });
  await send("StartStreamProcessor", { Name: "lobby" });
  await settled(send, "lobby", "RUNNING");
  await send("StopStreamProcessor", { Name: "lobby" });
  await settled(send, "lobby", "STOPPED");
});

test("tags of one processor, and of all", async (t) => {
  const endpoint = await serve(t);
  const send = sender(client(t, RekognitionClient, endpoint));
  for (const name of ["a", "b", "c"]) {
    await send("CreateStreamProcessor", labelDetection(name, { Tags: { site: name } }));
  }
  await send("TagResource", { ResourceArn: arn("a"), Tags: { team: "" } });
  await send("UntagResource", { ResourceArn: arn("a"), TagKeys: ["site"] });
  assert.deepEqual(await send("ListTagsForResource", { ResourceArn: arn("a") }), { Tags: { team: "" } });
  const tagging = client(t, ResourceGroupsTaggingAPIClient, endpoint);
  const found = [];
  const pages = paginateGetResources({ client: tagging, pageSize: 2 }, { ResourceTypeFilters: ["rekognition"] });
  for await (const page of pages) found.push(...page.ResourceTagMappingList);
  assert.deepEqual(found.map((mapping) => mapping.ResourceARN), ["a", "b", "c"].map(arn));
  assert.deepEqual(found[1].Tags, [{ Key: "site", Value: "b" }]);
});

test("pages lead to the end", async (t) => {
  const made = client(t, RekognitionClient, await serve(t));
  const send = sender(made);
  const names = Array.from({ length: 7 }, (_, number) => `camera-${number}`);
  await Promise.all(names.map((name) => send("CreateStreamProcessor", labelDetection(name))));
  const found = [];
  for await (const page of rekognition.paginateListStreamProcessors({ client: made, pageSize: 3 }, {})) {
    assert.ok(page.StreamProcessors.length <= 3);
    found.push(...page.StreamProcessors.map((processor) => processor.Name));
  }
  assert.deepEqual(found, names);
});

test("errors are of the SDK's own classes", async (t) => {
  const send = sender(client(t, RekognitionClient, await serve(t, "--limit", "processors=2")));
  await send("CreateStreamProcessor", faceSearch("a"));
  const refused = async (operation, input, Class, status, message) => {
    await assert.rejects(send(operation, input), (error) => {
      assert.ok(error instanceof Class, `${error}`);
      assert.equal(error.$metadata.httpStatusCode, status);
      assert.match(error.message, message);
      return true;
    });
  };
  const { InvalidParameterException, LimitExceededException, ResourceInUseException, ResourceNotFoundException } = rekognition;
  await refused("CreateStreamProcessor", faceSearch("a"), ResourceInUseException, 400, /already in use/);
  await refused("StopStreamProcessor", { Name: "a" }, ResourceInUseException, 400, /not available/);
  await refused("DescribeStreamProcessor", { Name: "b" }, ResourceNotFoundException, 400, /b not found/);
  await refused("DescribeStreamProcessor", { Name: "front door!" }, InvalidParameterException, 400, /'front door!' at 'name'/);
  await refused("ListStreamProcessors", { NextToken: "no" }, rekognition.InvalidPaginationTokenException, 400, /token/);
  await send("CreateStreamProcessor", faceSearch("b"));
  await refused("CreateStreamProcessor", faceSearch("c"), LimitExceededException, 400, /limit - 2/);
  const long = { Name: "n".repeat(2_000_000) };
  await refused("DescribeStreamProcessor", long, InvalidParameterException, 400, /^.{100,600}$/);
});

test("throttles are told apart from failures, and tried again", async (t) => {
  const faults = ["ListStream:1=throttle", "ListStream:2=rate", "ListStream:3=internal", "ListStream:4=reset-before", "Create:1=reset-after"];
  const endpoint = await serve(t, ...faults.flatMap((fault) => ["--fault", fault]));
  const once = sender(client(t, RekognitionClient, endpoint));
  await assert.rejects(once("ListStreamProcessors", {}), rekognition.ThrottlingException);
  await assert.rejects(once("ListStreamProcessors", {}), rekognition.ProvisionedThroughputExceededException);
  await assert.rejects(once("ListStreamProcessors", {}), rekognition.InternalServerError);
  const patient = sender(client(t, RekognitionClient, endpoint, { maxAttempts: 3 }));
  assert.deepEqual(await patient("ListStreamProcessors", {}), { StreamProcessors: [] });
  await assert.rejects(patient("CreateStreamProcessor", labelDetection("a")), rekognition.ResourceInUseException);
  assert.equal((await patient("DescribeStreamProcessor", { Name: "a" })).Status, "STOPPED");
});

test("who calls, and what CloudTrail remembers", async (t) => {
  const endpoint = await serve(t, "--identity", "jorge");
  const identity = await client(t, STSClient, endpoint).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Account, ACCOUNT_ID);
  assert.equal(identity.Arn, `arn:aws:iam::${ACCOUNT_ID}:user/jorge`);
  const send = sender(client(t, RekognitionClient, endpoint));
  await send("CreateStreamProcessor", labelDetection("a"));
  await send("DeleteStreamProcessor", { Name: "a" });
  const trail = client(t, CloudTrailClient, endpoint);
  const events = [];
  const changes = { LookupAttributes: [{ AttributeKey: "ReadOnly", AttributeValue: "false" }] };
  for await (const page of paginateLookupEvents({ client: trail, pageSize: 1 }, changes)) events.push(...page.Events);
  assert.deepEqual(events.map((event) => event.EventName), ["DeleteStreamProcessor", "CreateStreamProcessor"]);
  assert.equal(events[0].Username, "jorge");
  assert.ok(events[0].EventTime instanceof Date);
  assert.equal(JSON.parse(events[1].CloudTrailEvent).requestParameters.name, "a");
  const bad = new LookupEventsCommand({ NextToken: "nonsense" });
  await assert.rejects(trail.send(bad), { name: "InvalidNextTokenException" });
});

test("a client without a signature is refused, each service in its own form", async (t) => {
  const endpoint = await serve(t);
  for (const [Client, command, name, status] of [
    [RekognitionClient, new rekognition.ListStreamProcessorsCommand({}), "MissingAuthenticationTokenException", 400],
    [STSClient, new GetCallerIdentityCommand({}), "MissingAuthenticationToken", 403],
  ]) {
    const unsigned = client(t, Client, endpoint, { signer: { sign: async (request) => request } });
    await assert.rejects(unsigned.send(command), (error) => {
      assert.equal(error.name, name);
      assert.equal(error.$metadata.httpStatusCode, status);
      return true;
    });
  }
});

test("many calls at once over connections that are kept", async (t) => {
  const send = sender(client(t, RekognitionClient, await serve(t)));
  const names = Array.from({ length: 100 }, (_, number) => `camera-${number}`);
  await Promise.all(names.map((name) => send("CreateStreamProcessor", labelDetection(name))));
  const shown = await Promise.all(names.map((Name) => send("DescribeStreamProcessor", { Name })));
  assert.deepEqual(shown.map((processor) => processor.Name), names);
});
