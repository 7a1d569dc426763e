"""Tags of processors, and how GetResources of the Resource Groups Tagging API sees them."""

import json

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, wait_until
from samples import arn, face_search, label_detection

FLEET = {"a": {"site": "north", "team": "home"}, "b": {"site": "south"}, "c": {}, "d": {"site": "west", "team": "shop"}}


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as served:
        client = served.client()
        for name, tags in FLEET.items():
            client.create_stream_processor(**label_detection(name, Tags=tags))
        yield served


def listed(client, **request):
    mappings = client.get_resources(**request)["ResourceTagMappingList"]
    return {
        mapping["ResourceARN"].rsplit("/", 1)[1]: {tag["Key"]: tag["Value"] for tag in mapping["Tags"]}
        for mapping in mappings
    }


def test_tags_are_set_added_replaced_and_taken_away(rekognition):
    rekognition.create_stream_processor(**face_search("tags", Tags={"site": "north", "level": "1"}))
    tags = lambda: rekognition.list_tags_for_resource(ResourceArn=arn("tags"))["Tags"]  # noqa: E731
    assert tags() == {"site": "north", "level": "1"}
    rekognition.tag_resource(ResourceArn=arn("tags"), Tags={"level": "2", "Ünïcode / + - @": ""})
    assert tags() == {"site": "north", "level": "2", "Ünïcode / + - @": ""}
    rekognition.untag_resource(ResourceArn=arn("tags"), TagKeys=["site", "Ünïcode / + - @", "never-there"])
    assert tags() == {"level": "2"}
    rekognition.delete_stream_processor(Name="tags")


@pytest.mark.parametrize(
    "resource, code",
    [
        (arn("nowhere"), "ResourceNotFoundException"),
        (arn("a").replace("us-east-1", "us-west-2"), "ResourceNotFoundException"),
        (arn("a").replace("streamprocessor", "collection"), "ResourceNotFoundException"),
        ("streamprocessor/a-long-enough-name", "InvalidParameterException"),
    ],
)
def test_tags_belong_to_processors_that_exist(rekognition, resource, code):
    with pytest.raises(ClientError) as refused:
        rekognition.list_tags_for_resource(ResourceArn=resource)
    assert refused.value.response["Error"]["Code"] == code


def test_only_tagged_processors_are_listed_with_their_tags(emulator):
    assert listed(emulator.client("resourcegroupstaggingapi")) == {name: tags for name, tags in FLEET.items() if tags}


@pytest.mark.parametrize(
    "request_, names",
    [
        ({"ResourceTypeFilters": ["rekognition:streamprocessor"]}, "abd"),
        ({"ResourceTypeFilters": ["ec2:instance", "rekognition"]}, "abd"),
        ({"ResourceTypeFilters": ["rekognition:collection"]}, ""),
        ({"TagFilters": [{"Key": "team"}]}, "ad"),
        ({"TagFilters": [{"Key": "site", "Values": ["south", "west"]}]}, "bd"),
        ({"TagFilters": [{"Key": "team"}, {"Key": "site", "Values": ["west"]}]}, "d"),
        ({"TagFilters": [{"Key": "site", "Values": ["east"]}]}, ""),
        ({"ResourceARNList": [arn("b"), arn("c"), "arn:aws:s3:::bucket"]}, "b"),
    ],
)
def test_filters_narrow(emulator, request_, names):
    assert "".join(listed(emulator.client("resourcegroupstaggingapi"), **request_)) == names


def test_compliance_is_told_when_asked_for(emulator):
    client = emulator.client("resourcegroupstaggingapi")
    mappings = client.get_resources(IncludeComplianceDetails=True)["ResourceTagMappingList"]
    assert [mapping["ComplianceDetails"]["ComplianceStatus"] for mapping in mappings] == [True] * 3
    assert listed(client, IncludeComplianceDetails=True, ExcludeCompliantResources=True) == {}


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_paginator_lists_everything_once(emulator, size):
    paginator = emulator.client("resourcegroupstaggingapi").get_paginator("get_resources")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": size}))
    assert len(pages) == -(-3 // size)
    assert [mapping["ResourceARN"] for page in pages for mapping in page["ResourceTagMappingList"]] == [
        arn(name) for name in "abd"
    ]
    assert pages[-1]["PaginationToken"] == ""


@pytest.mark.parametrize(
    "request_",
    [
        {"ResourcesPerPage": 0},
        {"ResourcesPerPage": 101},
        {"TagsPerPage": 99},
        {"PaginationToken": "nonsense"},
        {"ResourcesPerPage": 5, "ResourceARNList": [arn("a")]},
        {"ExcludeCompliantResources": True},
        {"TagFilters": [{"Values": ["west"]}]},
    ],
)
def test_what_the_model_does_not_say_is_checked_too(emulator, request_):
    client = emulator.client("resourcegroupstaggingapi")
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.get_resources(**request_)


def test_the_index_lags_and_goes_on_listing_what_is_deleted():
    with Emulator("--lag", "tags=600ms,deleted=900ms") as emulator:
        rekognition, tagging = emulator.client(), emulator.client("resourcegroupstaggingapi")
        rekognition.create_stream_processor(**label_detection("a", Tags={"site": "north"}))
        assert listed(tagging) == {}
        assert rekognition.list_tags_for_resource(ResourceArn=arn("a"))["Tags"] == {"site": "north"}
        wait_until(lambda: listed(tagging) == {"a": {"site": "north"}})
        rekognition.tag_resource(ResourceArn=arn("a"), Tags={"site": "south"})
        assert listed(tagging) == {"a": {"site": "north"}}
        wait_until(lambda: listed(tagging) == {"a": {"site": "south"}})
        rekognition.delete_stream_processor(Name="a")
        assert listed(tagging) == {"a": {"site": "south"}}
        wait_until(lambda: listed(tagging) == {})


def test_lag_lasts_over_a_restart(tmp_path):
    state = tmp_path / "state.json"
    arguments = ["--lag", "tags=1h,deleted=1h", "--state", state]
    with Emulator(*arguments) as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        client.tag_resource(ResourceArn=arn("a"), Tags={"site": "north"})
    assert json.loads(state.read_text())["processors"][0]["Tags"] == {"site": "north"}
    with Emulator(*arguments) as emulator:
        assert listed(emulator.client("resourcegroupstaggingapi")) == {}
