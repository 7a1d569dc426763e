"""Every fault, as a client sees it."""

import json
import re
import subprocess
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError, ReadTimeoutError
from botocore.exceptions import ResponseStreamingError

from emulator import Emulator, wait_until
from samples import arn, label_detection

# What the connection does to a client when it breaks, whenever it notices.
BROKEN = (ConnectionClosedError, ResponseStreamingError, IncompleteReadError)


def code(call, **request):
    with pytest.raises(ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]["Code"]


def names(client):
    return [processor["Name"] for processor in client.list_stream_processors()["StreamProcessors"]]


@pytest.mark.parametrize(
    "fault, expected",
    [
        ("throttle", "ThrottlingException"),
        ("rate", "ProvisionedThroughputExceededException"),
        ("internal", "InternalServerError"),
        ("deny", "AccessDeniedException"),
        ("error:ResourceInUseException:busy", "ResourceInUseException"),
    ],
)
def test_errors_strike_before_anything_happens(fault, expected):
    with Emulator("--fault", f"Create:1={fault}") as emulator:
        client = emulator.client()
        assert code(client.create_stream_processor, **label_detection("a")) == expected
        assert names(client) == []
        client.create_stream_processor(**label_detection("a"))


@pytest.mark.parametrize("fault, done", [("reset-before", False), ("reset-after", True), ("truncate", True)])
def test_a_connection_breaks_before_or_after_the_call_took_effect(fault, done):
    with Emulator("--fault", f"Create:1={fault}") as emulator:
        client = emulator.client()
        with pytest.raises(BROKEN):
            client.create_stream_processor(**label_detection("a"))
        assert names(client) == (["a"] if done else [])


def test_an_answer_that_never_ends_runs_into_the_clients_timeout():
    with Emulator("--fault", "Create:1=hang") as emulator:
        client = emulator.client(read_timeout=0.5)
        with pytest.raises(ReadTimeoutError):
            client.create_stream_processor(**label_detection("a"))
        assert names(client) == ["a"]


def test_an_answer_that_is_late_comes_all_the_same():
    with Emulator("--fault", "Describe/a=slow:400ms", "--fault", "Describe/b=slow:1h") as emulator:
        client = emulator.client()
        for name in ["a", "b"]:
            client.create_stream_processor(**label_detection(name))
        begun = time.monotonic()
        client.describe_stream_processor(Name="a")
        assert time.monotonic() - begun >= 0.4
        impatient = emulator.client(read_timeout=0.1)
        with pytest.raises(ReadTimeoutError):
            impatient.describe_stream_processor(Name="b")


def test_a_page_token_expires():
    with Emulator("--limit", "page=1", "--fault", "*=expired-token") as emulator:
        client, tagging = emulator.client(), emulator.client("resourcegroupstaggingapi")
        for name in ["a", "b"]:
            client.create_stream_processor(**label_detection(name, Tags={"x": "y"}))
        token = client.list_stream_processors()["NextToken"]
        assert code(client.list_stream_processors, NextToken=token) == "InvalidPaginationTokenException"
        token = tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
        request = {"ResourcesPerPage": 1, "PaginationToken": token}
        assert code(tagging.get_resources, **request) == "PaginationTokenExpiredException"


def test_what_was_created_is_not_found_for_a_while():
    with Emulator("--fault", "Create/a=hide:1h", "--fault", "Create/b=hide:100ms") as emulator:
        client = emulator.client()
        for name in ["a", "b", "c"]:
            client.create_stream_processor(**label_detection(name))
        assert code(client.describe_stream_processor, Name="a") == "ResourceNotFoundException"
        assert code(client.list_tags_for_resource, ResourceArn=arn("a")) == "ResourceNotFoundException"
        wait_until(lambda: names(client) == ["b", "c"])


def test_the_lag_of_all_creations_can_be_set():
    with Emulator("--lag", "created=1h") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        assert code(client.describe_stream_processor, Name="a") == "ResourceNotFoundException"
    with Emulator("--lag", "created=100ms") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        wait_until(lambda: names(client) == ["a"])


def test_tags_lag_and_deleted_processors_linger_one_by_one():
    faults = ["TagResource/a=lag:1h", "TagResource/b=lag:100ms", "Delete/b=linger:100ms", "Delete/c=linger:1h"]
    with Emulator(*(argument for fault in faults for argument in ("--fault", fault))) as emulator:
        client, tagging = emulator.client(), emulator.client("resourcegroupstaggingapi")
        for name in ["a", "b", "c", "d"]:
            client.create_stream_processor(**label_detection(name))
            client.tag_resource(ResourceArn=arn(name), Tags={"site": "north"})
        listed = lambda: [one["ResourceARN"][-1] for one in tagging.get_resources()["ResourceTagMappingList"]]  # noqa: E731
        wait_until(lambda: listed() == ["b", "c", "d"])
        for name in ["a", "b", "c", "d"]:
            client.delete_stream_processor(Name=name)
        wait_until(lambda: listed() == ["c"])


@pytest.mark.parametrize(
    "script, struck",
    [
        ("Describe=deny", "!!!!"),
        ("Describe:2=deny", ".!.."),
        ("Describe:2+=deny", ".!!!"),
        ("Describe:2x2=deny", ".!!."),
        ("DescribeStreamProcessor/a:1=deny", "!..."),
        ("Describe/b=deny", "...."),
        ("*:3=deny", ".!.."),
        ("Delete=deny", "...."),
    ],
)
def test_a_script_says_which_calls(script, struck):
    with Emulator("--fault", script) as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        seen = ""
        for _ in range(4):
            try:
                client.describe_stream_processor(Name="a")
                seen += "."
            except client.exceptions.AccessDeniedException:
                seen += "!"
        assert seen == struck


def test_the_same_seed_repeats_a_run_and_another_does_not():
    def run(seed):
        rates = "throttle=0.2,internal=0.1,deny=0.05"
        with Emulator("--fault-rate", rates, "--seed", seed) as emulator:
            return [
                emulator.send("rekognition", "DescribeStreamProcessor", {"Name": name})[1]["__type"]
                for _ in range(15)
                for name in "abcd"
            ]

    first = run(7)
    assert {"ThrottlingException", "InternalServerError", "ResourceNotFoundException"} <= set(first)
    assert run(7) == first
    assert run(8) != first


def test_faults_reach_the_other_services_under_their_own_names():
    with Emulator("--fault", "*=throttle") as emulator:
        assert code(emulator.client("resourcegroupstaggingapi").get_resources) == "ThrottledException"
        assert code(emulator.client("cloudtrail").lookup_events) == "ThrottlingException"
        assert code(emulator.client("sts").get_caller_identity) == "Throttling"


def test_every_fault_is_tried_here():
    import os
    import pathlib

    help_ = subprocess.run([os.environ["REKON_BIN"], "emulator", "--help"], capture_output=True, text=True, check=True)
    listed = re.search(r"Faults: ((?:.|\n)*?)\n\n", help_.stdout)[1]
    forms = {form.split(":")[0].strip() for form in listed.replace("\n", " ").split(",")}
    source = pathlib.Path(__file__).read_text()
    assert len(forms) == 14
    assert {form for form in forms if f"={form}" not in source and f'"{form}' not in source} == set()


def test_the_journal_names_the_fault(tmp_path):
    journal = tmp_path / "journal.jsonl"
    with Emulator("--journal", journal, "--fault", "Create:1=reset-after") as emulator:
        with pytest.raises(BROKEN):
            emulator.client().create_stream_processor(**label_detection("a"))
    (line,) = map(json.loads, journal.read_text().splitlines())
    assert (line["fault"], line["outcome"], line["took_effect"]) == ("reset-after", "ok", True)
