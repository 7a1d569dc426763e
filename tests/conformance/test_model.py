"""Every constraint of the model is enforced, and every answer is what the model says."""

import pytest

from emulator import Emulator, wait_until
from model import OPERATIONS, input_shape, lower_first, members, members_of, violations
from samples import BOX, POLYGON, SESSION, arn, full_face_search, full_label_detection

NAME = {"Name": "front-door"}
ARN = {"ResourceArn": arn("front-door")}

# Requests that are accepted in this order, and which together have every member that the model knows.
ACCEPTED = [
    ("rekognition", "CreateStreamProcessor", full_label_detection()),
    ("rekognition", "CreateStreamProcessor", full_face_search()),
    ("rekognition", "DescribeStreamProcessor", NAME),
    ("rekognition", "ListStreamProcessors", {"MaxResults": 1}),
    ("rekognition", "TagResource", {**ARN, "Tags": {"team": "home", "level": ""}}),
    ("rekognition", "ListTagsForResource", ARN),
    ("rekognition", "UntagResource", {**ARN, "TagKeys": ["team"]}),
    (
        "rekognition",
        "UpdateStreamProcessor",
        {
            **NAME,
            "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PET"], "MinConfidence": 60}},
            "RegionsOfInterestForUpdate": [POLYGON, BOX],
            "DataSharingPreferenceForUpdate": {"OptIn": False},
            "ParametersToDelete": ["RegionsOfInterest"],
        },
    ),
    ("rekognition", "StopStreamProcessor", {"Name": "lobby"}),
    (
        "rekognition",
        "StartStreamProcessor",
        {**NAME, **SESSION, "StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1, "FragmentNumber": "5"}}},
    ),
    ("rekognition", "DeleteStreamProcessor", {"Name": "lobby"}),
    (
        "resourcegroupstaggingapi",
        "GetResources",
        {
            "TagFilters": [{"Key": "site", "Values": ["north"]}],
            "ResourcesPerPage": 10,
            "TagsPerPage": 100,
            "ResourceTypeFilters": ["rekognition:streamprocessor"],
            "IncludeComplianceDetails": True,
            "ExcludeCompliantResources": True,
        },
    ),
    ("resourcegroupstaggingapi", "GetResources", {"ResourceARNList": [arn("front-door")]}),
    (
        "cloudtrail",
        "LookupEvents",
        {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}],
            "StartTime": 1700000000,
            "EndTime": 1800000000,
            "MaxResults": 50,
            "EventCategory": "insight",
        },
    ),
]

# Members that only a token from an answer can be in; their constraints are tried on these.
TOKENS = [
    ("rekognition", "ListStreamProcessors", {"NextToken": "token"}),
    ("resourcegroupstaggingapi", "GetResources", {"PaginationToken": "token"}),
    ("cloudtrail", "LookupEvents", {"NextToken": "token"}),
]

ALL = [violation for sample in ACCEPTED + TOKENS for violation in violations(*sample)]

# The services have one error for all, but for CloudTrail, which has one for each member.
CLOUDTRAIL_ERRORS = {
    "LookupAttributes": "InvalidLookupAttributesException",
    "StartTime": "InvalidTimeRangeException",
    "EndTime": "InvalidTimeRangeException",
    "MaxResults": "InvalidMaxResultsException",
    "EventCategory": "InvalidEventCategoryException",
    "NextToken": "InvalidNextTokenException",
}


@pytest.fixture(scope="module")
def emulator():
    with Emulator("--quirk", "set-and-delete=set-wins,stop-while-starting=accept", settle="0") as served:
        yield served


def test_the_samples_have_every_member():
    for service, operations in OPERATIONS.items():
        for operation in operations:
            shape = input_shape(service, operation)
            samples = [sample for *of, sample in ACCEPTED + TOKENS if of == [service, operation]]
            tried = {member for sample in samples for member in members_of(shape, sample)}
            assert tried == set(members(shape)), operation


def test_every_kind_of_constraint_is_tried():
    tried = {violation.what.split()[0].rstrip(",") for violation in ALL}
    assert tried == {"missing", "null", "type", "too", "pattern", "key", "enum", "beyond"}
    assert len(ALL) > 400


@pytest.mark.parametrize("violation", ALL, ids=str)
def test_a_violation_is_refused_by_name(emulator, violation):
    status, answer = emulator.send(violation.service, violation.operation, violation.request)
    expected = "InvalidParameterException"
    if violation.service == "cloudtrail":
        expected = CLOUDTRAIL_ERRORS[violation.member]
    assert (status, answer["__type"]) == (400, expected), answer
    place = violation.path if violation.what != "null item" else f"{violation.path}.1.member"
    assert f"at '{place}' failed to satisfy constraint: " in answer["Message"]


def test_several_violations_are_reported_together(emulator):
    _, answer = emulator.send("rekognition", "CreateStreamProcessor", {"Name": "front door!"})
    assert answer["Message"].startswith("5 validation errors detected: ")
    for member in ["Input", "Output", "Settings", "RoleArn"]:
        assert f"Value null at '{lower_first(member)}' failed to satisfy constraint: Member must not be null" in answer["Message"]


def test_what_the_model_allows_is_accepted():
    with Emulator("--quirk", "set-and-delete=set-wins") as fresh:
        clients = {service: fresh.client(service, parameter_validation=False) for service in OPERATIONS}
        clients["rekognition"].create_stream_processor(**full_face_search("other"))
        for service, operation, request in ACCEPTED:
            # Stopping needs a face search that runs, which test_operations has.
            if operation == "StopStreamProcessor":
                continue
            clients[service]._make_api_call(operation, request)
            wait_for_settling(clients["rekognition"])


def wait_for_settling(client):
    def settled():
        listed = client.list_stream_processors()["StreamProcessors"]
        return all(processor["Status"] in {"STOPPED", "STARTING"} for processor in listed)

    wait_until(settled)


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b'"text"', b"{}{}", b"\xff", b"{'Name': 1}"])
def test_a_body_that_is_no_json_object_is_a_serialization_exception(emulator, body):
    assert emulator.send("rekognition", "ListStreamProcessors", body)[1]["__type"] == "SerializationException"


def test_an_empty_body_is_an_empty_request(emulator):
    assert emulator.send("rekognition", "ListStreamProcessors", b"")[0] == 200


def test_unknown_members_and_nulls_are_ignored(emulator):
    status, answer = emulator.send("rekognition", "ListStreamProcessors", {"Colour": "red", "NextToken": None})
    assert (status, answer) == (200, {"StreamProcessors": []})


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({"X-Amz-Target": "RekognitionService.DetectFaces"}, 400, "UnknownOperationException"),
        ({"X-Amz-Target": "ListStreamProcessors"}, 400, "UnknownOperationException"),
        ({"X-Amz-Target": None}, 400, "UnknownOperationException"),
        ({"Content-Type": "application/json"}, 415, "UnsupportedMediaTypeException"),
        ({"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}, 415, "UnsupportedMediaTypeException"),
    ],
)
def test_what_is_no_such_request_gets_the_protocols_errors(emulator, headers, status, code):
    answer = emulator.send("rekognition", "ListStreamProcessors", {}, headers)
    assert (answer[0], answer[1]["__type"]) == (status, code)
