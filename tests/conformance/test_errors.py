"""Every error that the service is known to give, with its status and its words."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from samples import arn, face_search, label_detection


def refused(call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"], type(error.value)


# Faults stand in for what the service cannot be driven into from outside.
@pytest.mark.parametrize(
    "fault, code, status, message",
    [
        (
            "deny",
            "AccessDeniedException",
            400,
            "User: arn:aws:iam::111122223333:user/emulator is not authorized to perform: "
            f"rekognition:DescribeStreamProcessor on resource: {arn('a')}",
        ),
        ("internal", "InternalServerError", 500, None),
        ("throttle", "ThrottlingException", 500, "Slow down..."),
        ("rate", "ProvisionedThroughputExceededException", 400, "Provisioned Rate exceeded."),
        ("error:LimitExceededException:no more", "LimitExceededException", 400, "no more"),
        ("error:ServiceQuotaExceededException:no more", "ServiceQuotaExceededException", 400, "no more"),
    ],
)
def test_errors_that_come_over_a_service(fault, code, status, message):
    with Emulator("--fault", f"Describe={fault}") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        call = client.describe_stream_processor
        if "error:" in fault:
            # The model of Describe does not have these errors, so the answer is not held against it here.
            assert emulator.send("rekognition", "DescribeStreamProcessor", {"Name": "a"})[1]["__type"] == code
            return
        found = refused(call, Name="a")
        assert found[:2] == (code, status)
        assert message is None or found[2] == message
        assert found[3] is getattr(client.exceptions, code)


def test_an_invalid_parameter(rekognition):
    found = refused(rekognition.describe_stream_processor, Name="front door!")
    assert found == (
        "InvalidParameterException",
        400,
        "1 validation error detected: Value 'front door!' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.\\-]+",
        rekognition.exceptions.InvalidParameterException,
    )


def test_a_quota_is_a_provisioned_throughput_exceeded():
    with Emulator(quota="Describe=1") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        client.describe_stream_processor(Name="a")
        found = refused(client.describe_stream_processor, Name="a")
        assert found[:3] == ("ProvisionedThroughputExceededException", 400, "Provisioned Rate exceeded.")


def test_what_is_in_use(rekognition):
    rekognition.create_stream_processor(**face_search("used"))
    in_use = lambda call, **request: refused(call, **request)[:3]  # noqa: E731
    answer = lambda message: ("ResourceInUseException", 400, message)  # noqa: E731
    assert in_use(rekognition.create_stream_processor, **face_search("used")) == answer(
        "Stream processor name already in use."
    )
    same_stream = {**face_search("other"), "Input": face_search("used")["Input"]}
    assert in_use(rekognition.create_stream_processor, **same_stream) == answer("Specified resource is in use.")
    assert in_use(rekognition.stop_stream_processor, Name="used") == answer(
        "Processor not available for stopping stream."
    )
    rekognition.start_stream_processor(Name="used")
    assert in_use(rekognition.start_stream_processor, Name="used")[0] == "ResourceInUseException"
    assert in_use(rekognition.delete_stream_processor, Name="used") == answer("Cannot delete stream processor.")


@pytest.mark.parametrize(
    "operation, request_",
    [
        ("describe_stream_processor", {"Name": "nowhere"}),
        ("delete_stream_processor", {"Name": "nowhere"}),
        ("start_stream_processor", {"Name": "nowhere"}),
        ("stop_stream_processor", {"Name": "nowhere"}),
        ("update_stream_processor", {"Name": "nowhere", "DataSharingPreferenceForUpdate": {"OptIn": True}}),
        ("tag_resource", {"ResourceArn": arn("nowhere"), "Tags": {"a": "b"}}),
        ("untag_resource", {"ResourceArn": arn("nowhere"), "TagKeys": ["a"]}),
        ("list_tags_for_resource", {"ResourceArn": arn("nowhere")}),
    ],
)
def test_what_is_not_there(rekognition, operation, request_):
    assert refused(getattr(rekognition, operation), **request_)[:2] == ("ResourceNotFoundException", 400)


def test_too_many_processors():
    with Emulator("--limit", "processors=1") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        found = refused(client.create_stream_processor, **label_detection("b"))
        assert found[:3] == (
            "LimitExceededException",
            400,
            "Stream processor limit exceeded for account, limit - 1.",
        )


def test_too_many_face_searches_at_once():
    with Emulator("--limit", "face-searches=1") as emulator:
        client = emulator.client()
        for name in ["a", "b"]:
            client.create_stream_processor(**face_search(name))
        client.start_stream_processor(Name="a")
        # The model of StartStreamProcessor does not have this error, but the service's quotas do.
        status, answer = emulator.send("rekognition", "StartStreamProcessor", {"Name": "b"})
        assert (status, answer["__type"]) == (400, "LimitExceededException")


def test_too_many_tags(rekognition):
    rekognition.create_stream_processor(**label_detection("tags"))
    tags = {f"key{number}": "x" for number in range(51)}
    found = refused(rekognition.tag_resource, ResourceArn=arn("tags"), Tags=tags)
    assert found[:2] == ("ServiceQuotaExceededException", 400)


def test_a_token_of_nothing(rekognition):
    found = refused(rekognition.list_stream_processors, NextToken="nonsense")
    assert found[:2] == ("InvalidPaginationTokenException", 400)


LIST = {"X-Amz-Target": "RekognitionService.ListStreamProcessors", "Content-Type": "application/x-amz-json-1.1"}
IDENTITY = {"Content-Type": "application/x-www-form-urlencoded"}


def plainly(url, headers, data=b"{}"):
    """Sends a request as it stands; gives the status and the body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.mark.parametrize("authorization", [None, "", "nonsense", "Bearer token"])
def test_no_signature(emulator, authorization):
    signature = {} if authorization is None else {"Authorization": authorization}
    status, body = plainly(emulator.url, {**LIST, **signature})
    assert (status, json.loads(body)["__type"]) == (400, "MissingAuthenticationTokenException")
    status, body = plainly(emulator.url, {**IDENTITY, **signature}, b"Action=GetCallerIdentity&Version=2011-06-15")
    assert status == 403
    assert "<Code>MissingAuthenticationToken</Code>" in body


def test_half_a_signature(emulator):
    signature = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/rekognition/aws4_request"
    status, body = plainly(emulator.url, {**LIST, "Authorization": signature})
    assert (status, json.loads(body)["__type"]) == (400, "IncompleteSignatureException")
    assert "'Signature'" in body


def test_another_path(emulator):
    status, body = plainly(f"{emulator.url}/elsewhere", LIST)
    assert (status, json.loads(body)["__type"]) == (404, "UnknownOperationException")
