"""Requests per second, as the account's quotas have them."""

import time

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, wait_until
from samples import arn, label_detection

# The quotas that Rekognition, the Tagging API and CloudTrail have by default.
DEFAULT = {
    "CreateStreamProcessor": 20,
    "DescribeStreamProcessor": 20,
    "UpdateStreamProcessor": 20,
    "StartStreamProcessor": 20,
    "DeleteStreamProcessor": 20,
    "ListStreamProcessors": 5,
    "StopStreamProcessor": 1,
    "TagResource": 10,
    "UntagResource": 10,
    "ListTagsForResource": 10,
    "GetResources": 15,
    "LookupEvents": 2,
}
SERVICES = {"GetResources": "resourcegroupstaggingapi", "LookupEvents": "cloudtrail"}
THROTTLES = {"GetResources": "ThrottledException", "LookupEvents": "ThrottlingException"}


@pytest.mark.parametrize("operation, rate", DEFAULT.items())
def test_the_default_quotas(operation, rate):
    with Emulator(quota="default") as emulator:
        service = SERVICES.get(operation, "rekognition")
        begun = time.monotonic()
        answers = [emulator.send(service, operation, {"Name": "a"})[1].get("__type") for _ in range(3 * rate + 3)]
        elapsed = time.monotonic() - begun
        throttle = THROTTLES.get(operation, "ProvisionedThroughputExceededException")
        passed = sum(answer != throttle for answer in answers)
        # A burst of one second's worth, and what came back meanwhile.
        assert rate <= passed <= rate + rate * elapsed + 1
        wait_until(lambda: emulator.send(service, operation, {"Name": "a"})[1].get("__type") != throttle)


def test_quotas_can_be_changed_one_by_one():
    with Emulator(quota="Describe=0.001,ListStreamProcessors=off") as emulator:
        codes = [emulator.send("rekognition", "DescribeStreamProcessor", {"Name": "a"})[1]["__type"] for _ in range(4)]
        assert "ProvisionedThroughputExceededException" in codes
        assert codes[0] == "ResourceNotFoundException"
        assert all(emulator.send("rekognition", "ListStreamProcessors", {})[0] == 200 for _ in range(20))


def test_boto3_waits_out_a_throttle_by_itself():
    with Emulator(quota="default") as emulator:
        client = emulator.client(retries={"mode": "standard", "total_max_attempts": 8})
        client.create_stream_processor(**label_detection("a"))
        for _ in range(25):
            client.describe_stream_processor(Name="a")
        for _ in range(12):
            client.list_tags_for_resource(ResourceArn=arn("a"))


def test_a_refused_call_changes_nothing():
    with Emulator(quota="Delete=0.001") as emulator:
        client = emulator.client()
        for name in ["a", "b"]:
            client.create_stream_processor(**label_detection(name))
        client.delete_stream_processor(Name="a")
        with pytest.raises(ClientError):
            client.delete_stream_processor(Name="b")
        assert [processor["Name"] for processor in client.list_stream_processors()["StreamProcessors"]] == ["b"]
