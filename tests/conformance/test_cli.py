"""The AWS CLI, with the commands of its own examples."""

import json
import os
import subprocess
import sys

import pytest

from emulator import Emulator, wait_until

AWS = os.path.join(os.path.dirname(sys.executable), "aws")

# The examples that AWS prints for these commands: the definition, and the members of what is shown.
CREATE = [
    "create-stream-processor",
    "--name",
    "my-stream-processor",
    "--input",
    '{"KinesisVideoStream":{"Arn":"arn:aws:kinesisvideo:us-west-2:123456789012:stream/macwebcam/1530559711205"}}',
    "--stream-processor-output",
    '{"KinesisDataStream":{"Arn":"arn:aws:kinesis:us-west-2:123456789012:stream/AmazonRekognitionRekStream"}}',
    "--role-arn",
    "arn:aws:iam::123456789012:role/AmazonRekognitionDetect",
    "--settings",
    '{"FaceSearch":{"CollectionId":"MyCollection","FaceMatchThreshold":85.5}}',
]
DESCRIBED = {
    "Status": "",
    "Name": "",
    "LastUpdateTimestamp": "",
    "Settings": {"FaceSearch": {"FaceMatchThreshold": "", "CollectionId": ""}},
    "RoleArn": "",
    "StreamProcessorArn": "",
    "Output": {"KinesisDataStream": {"Arn": ""}},
    "Input": {"KinesisVideoStream": {"Arn": ""}},
    "CreationTimestamp": "",
}
NAME = ["--name", "my-stream-processor"]
ARN = "arn:aws:rekognition:us-west-2:123456789012:streamprocessor/my-stream-processor"


@pytest.fixture(scope="module")
def emulator():
    with Emulator("--account-id", "123456789012", "--region", "us-west-2") as served:
        yield served


@pytest.fixture(scope="module")
def aws(emulator):
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }

    def run(*arguments, fails=False):
        done = subprocess.run([sys.executable, AWS, *arguments], env=environment, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else json.loads(done.stdout or "null")

    return run


def shape(value):
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else ""


def test_the_official_examples(aws):
    rekognition = lambda *arguments, **how: aws("rekognition", *arguments, **how)  # noqa: E731
    status = lambda: rekognition("describe-stream-processor", *NAME)["Status"]  # noqa: E731

    assert rekognition(*CREATE) == {"StreamProcessorArn": ARN}
    listed = rekognition("list-stream-processors")
    assert listed == {"StreamProcessors": [{"Status": "STOPPED", "Name": "my-stream-processor"}]}
    described = rekognition("describe-stream-processor", *NAME)
    assert shape(described) == DESCRIBED
    assert described["Settings"]["FaceSearch"]["FaceMatchThreshold"] == 85.5
    assert rekognition("start-stream-processor", *NAME) is None
    wait_until(lambda: status() == "RUNNING")
    assert rekognition("stop-stream-processor", *NAME) is None
    wait_until(lambda: status() == "STOPPED")
    assert rekognition("tag-resource", "--resource-arn", ARN, "--tags", '{"site":"north","level":"1"}') is None
    assert rekognition("untag-resource", "--resource-arn", ARN, "--tag-keys", "level") is None
    assert rekognition("list-tags-for-resource", "--resource-arn", ARN) == {"Tags": {"site": "north"}}
    assert rekognition("delete-stream-processor", *NAME) is None
    assert "ResourceNotFoundException" in rekognition("describe-stream-processor", *NAME, fails=True)


def test_label_detection(aws):
    connected_home = "ConnectedHome={Labels=[PERSON,PET],MinConfidence=80}"
    name = ["--name", "front-door"]
    aws(
        "rekognition",
        "create-stream-processor",
        *name,
        "--input",
        "KinesisVideoStream={Arn=arn:aws:kinesisvideo:us-west-2:123456789012:stream/front-door/1}",
        "--stream-processor-output",
        "S3Destination={Bucket=doorbell-results,KeyPrefix=front/}",
        "--role-arn",
        "arn:aws:iam::123456789012:role/Doorbells",
        "--settings",
        connected_home,
        "--regions-of-interest",
        '[{"BoundingBox":{"Left":0,"Top":0,"Width":0.5,"Height":0.5}}]',
    )
    update = ["--settings-for-update", "ConnectedHomeForUpdate={Labels=[PACKAGE]}"]
    assert aws("rekognition", "update-stream-processor", *name, *update, "--parameters-to-delete", "RegionsOfInterest") is None
    shown = wait_until(
        lambda: (shown := aws("rekognition", "describe-stream-processor", *name))["Status"] == "STOPPED" and shown
    )
    assert shown["Settings"] == {"ConnectedHome": {"Labels": ["PACKAGE"], "MinConfidence": 80.0}}
    assert "RegionsOfInterest" not in shown
    selectors = [
        "--start-selector",
        "KVSStreamStartSelector={ProducerTimestamp=1655930623123}",
        "--stop-selector",
        "MaxDurationInSeconds=1",
    ]
    started = aws("rekognition", "start-stream-processor", *name, *selectors)
    assert shape(started) == {"SessionId": ""}


def test_the_other_services(aws):
    assert shape(aws("sts", "get-caller-identity")) == {"UserId": "", "Account": "", "Arn": ""}
    resources = aws("resourcegroupstaggingapi", "get-resources", "--resource-type-filters", "rekognition:streamprocessor")
    assert resources == {"ResourceTagMappingList": []}
    events = aws("cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=ReadOnly,AttributeValue=true")
    assert events["Events"][0]["EventName"] in {"GetResources", "GetCallerIdentity", "DescribeStreamProcessor"}


def test_an_error_is_printed_as_the_services_own(aws):
    said = aws("rekognition", "describe-stream-processor", "--name", "nowhere", fails=True)
    assert "An error occurred (ResourceNotFoundException) when calling the DescribeStreamProcessor operation: " in said
