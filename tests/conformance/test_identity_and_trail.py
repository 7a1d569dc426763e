"""Who is calling, and what CloudTrail remembers of it."""

import datetime
import json

import pytest

from emulator import ACCESS_KEY_ID, ACCOUNT_ID, REGION, Emulator, wait_until
from samples import arn, label_detection

OTHER_KEY = "ASIAIOSFODNN7EXAMPLE"
ROLE = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Admin/mary"


@pytest.fixture(scope="module")
def emulator():
    """A processor that one user creates, another tags, and the first then tries to delete twice."""
    with Emulator("--identity", "jorge", "--identity", f"{OTHER_KEY}={ROLE}") as served:
        jorge, mary = served.client(), served.client(access_key_id=OTHER_KEY)
        jorge.create_stream_processor(**label_detection("a", Tags={"Site": "north"}))
        mary.tag_resource(ResourceArn=arn("a"), Tags={"Level": "1"})
        mary.describe_stream_processor(Name="a")
        jorge.delete_stream_processor(Name="a")
        with pytest.raises(jorge.exceptions.ResourceNotFoundException):
            jorge.delete_stream_processor(Name="a")
        yield served


def lookup(client, key=None, value=None, **request):
    if key:
        request["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
    events = client.lookup_events(**request)["Events"]
    return [event for event in events if event["EventSource"] == "rekognition.amazonaws.com"]


def names(events):
    return [event["EventName"] for event in events]


def record(event):
    return json.loads(event["CloudTrailEvent"])


def test_the_caller_is_who_the_access_key_says(emulator):
    identity = emulator.client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:user/jorge")
    identity = emulator.client("sts", access_key_id=OTHER_KEY).get_caller_identity()
    assert identity["Arn"] == ROLE
    assert identity["UserId"].endswith(":mary")


def test_account_and_region_can_be_chosen():
    with Emulator("--account-id", "444455556666", "--region", "eu-west-1") as emulator:
        assert emulator.client("sts").get_caller_identity()["Account"] == "444455556666"
        created = emulator.client().create_stream_processor(**label_detection("a"))
        assert created["StreamProcessorArn"] == "arn:aws:rekognition:eu-west-1:444455556666:streamprocessor/a"


def test_every_call_is_an_event_the_newest_first(emulator):
    events = lookup(emulator.client("cloudtrail"))
    assert names(events) == [
        "DeleteStreamProcessor",
        "DeleteStreamProcessor",
        "DescribeStreamProcessor",
        "TagResource",
        "CreateStreamProcessor",
    ]
    times = [event["EventTime"] for event in events]
    assert times == sorted(times, reverse=True)
    assert len({event["EventId"] for event in events}) == 5


def test_an_event_says_who_did_what(emulator):
    failed, deleted, described, tagged, created = lookup(emulator.client("cloudtrail"))
    assert (created["Username"], created["AccessKeyId"], created["ReadOnly"]) == ("jorge", ACCESS_KEY_ID, "false")
    assert (tagged["Username"], tagged["AccessKeyId"], described["ReadOnly"]) == ("mary", OTHER_KEY, "true")
    full = record(created)
    assert full["requestParameters"]["name"] == "a"
    assert full["requestParameters"]["tags"] == {"Site": "north"}
    assert full["requestParameters"]["notificationChannel"]["sNSTopicArn"].startswith("arn:aws:sns:")
    assert full["responseElements"] == {"streamProcessorArn": arn("a")}
    assert (full["awsRegion"], full["recipientAccountId"]) == (REGION, ACCOUNT_ID)
    assert full["userIdentity"]["type"] == "IAMUser" and full["userIdentity"]["userName"] == "jorge"
    assert full["userAgent"].startswith("Boto3/")
    assert full["eventID"] == created["EventId"]
    assert record(tagged)["requestParameters"] == {"resourceArn": arn("a"), "tags": {"Level": "1"}}
    issuer = record(tagged)["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/Admin"
    assert record(deleted)["requestParameters"] == {"name": "a"} and "errorCode" not in record(deleted)
    assert record(failed)["errorCode"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "key, value, count",
    [
        ("EventName", "DeleteStreamProcessor", 2),
        ("ReadOnly", "true", 1),
        ("ReadOnly", "false", 4),
        ("Username", "mary", 2),
        ("AccessKeyId", ACCESS_KEY_ID, 3),
        ("EventSource", "rekognition.amazonaws.com", 5),
        ("EventSource", "s3.amazonaws.com", 0),
        ("EventName", "deletestreamprocessor", 0),
        ("ResourceName", "a", 0),
    ],
)
def test_an_attribute_narrows(emulator, key, value, count):
    assert len(lookup(emulator.client("cloudtrail"), key, value)) == count


def test_an_event_is_found_by_its_id(emulator):
    client = emulator.client("cloudtrail")
    wanted = lookup(client)[2]
    assert lookup(client, "EventId", wanted["EventId"]) == [wanted]


def test_a_range_of_time_narrows(emulator):
    client = emulator.client("cloudtrail")
    last, first = (lookup(client)[position]["EventTime"] for position in (0, -1))
    second = datetime.timedelta(seconds=1)
    assert len(lookup(client, StartTime=first, EndTime=last)) == 5
    assert lookup(client, EndTime=first - second) == []
    assert lookup(client, StartTime=last + 60 * second) == []


def test_the_paginator_lists_everything_once(emulator):
    client = emulator.client("cloudtrail")
    attribute = {"AttributeKey": "EventSource", "AttributeValue": "rekognition.amazonaws.com"}
    pages = list(
        client.get_paginator("lookup_events").paginate(LookupAttributes=[attribute], PaginationConfig={"PageSize": 2})
    )
    assert [len(page["Events"]) for page in pages] == [2, 2, 1]
    assert names(event for page in pages for event in page["Events"]) == names(lookup(client))
    assert "NextToken" not in pages[-1]


def test_mistakes_have_errors_of_their_own(emulator):
    client = emulator.client("cloudtrail", parameter_validation=False)
    wrong = client.exceptions
    attribute = {"AttributeKey": "EventName", "AttributeValue": "x"}
    now = datetime.datetime.now(datetime.timezone.utc)
    for error, request in [
        (wrong.InvalidLookupAttributesException, {"LookupAttributes": [attribute, attribute]}),
        (wrong.InvalidTimeRangeException, {"StartTime": now, "EndTime": now - datetime.timedelta(days=1)}),
        (wrong.InvalidMaxResultsException, {"MaxResults": 51}),
        (wrong.InvalidNextTokenException, {"NextToken": "nonsense"}),
        (wrong.InvalidEventCategoryException, {"EventCategory": "data"}),
    ]:
        with pytest.raises(error):
            client.lookup_events(**request)
    token = client.lookup_events(MaxResults=1)["NextToken"]
    with pytest.raises(wrong.InvalidNextTokenException):
        client.lookup_events(MaxResults=2, NextToken=token)


def test_events_come_late_when_asked_to():
    with Emulator("--lag", "trail=1h") as emulator:
        emulator.client().create_stream_processor(**label_detection("a"))
        assert lookup(emulator.client("cloudtrail")) == []
    with Emulator("--lag", "trail=100ms") as emulator:
        emulator.client().create_stream_processor(**label_detection("a"))
        client = emulator.client("cloudtrail")
        wait_until(lambda: names(lookup(client)) == ["CreateStreamProcessor"])


def test_what_changed_something_is_remembered_over_a_restart(tmp_path):
    state = tmp_path / "state.json"
    with Emulator("--state", state) as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        client.describe_stream_processor(Name="a")
        before = lookup(emulator.client("cloudtrail"), "ReadOnly", "false")
        emulator.kill()
    with Emulator("--state", state) as emulator:
        assert lookup(emulator.client("cloudtrail")) == before


def test_a_session_that_ends_by_itself_is_no_event():
    from samples import SESSION

    with Emulator(settle="session=50ms") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        client.start_stream_processor(Name="a", **SESSION)
        wait_until(lambda: client.describe_stream_processor(Name="a")["Status"] == "STOPPED")
        changes = lookup(emulator.client("cloudtrail"), "ReadOnly", "false")
        assert names(changes) == ["StartStreamProcessor", "CreateStreamProcessor"]
