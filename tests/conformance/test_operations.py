"""The ten operations for both kinds, and how a processor lives."""

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, wait_until
from samples import BOX, POLYGON, SESSION, arn, face_search, full_face_search, full_label_detection, label_detection


def status(client, name):
    return client.describe_stream_processor(Name=name)["Status"]


def wait_for(client, name, wanted):
    return wait_until(lambda: (shown := client.describe_stream_processor(Name=name))["Status"] == wanted and shown)


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("request_of", [full_label_detection, full_face_search, label_detection, face_search])
def test_what_is_created_is_described_listed_and_deleted(rekognition, request_of):
    request = request_of(request_of.__name__)
    name = request["Name"]
    created = rekognition.create_stream_processor(**request)
    assert without_metadata(created) == {"StreamProcessorArn": arn(name)}
    shown = without_metadata(rekognition.describe_stream_processor(Name=name))
    assert shown.pop("CreationTimestamp") == shown.pop("LastUpdateTimestamp")
    request.pop("Tags", None)
    if "FaceSearch" in request["Settings"]:
        request["Settings"]["FaceSearch"].setdefault("FaceMatchThreshold", 80.0)
    assert shown == {**request, "StreamProcessorArn": arn(name), "Status": "STOPPED"}
    assert {"Name": name, "Status": "STOPPED"} in rekognition.list_stream_processors()["StreamProcessors"]
    assert without_metadata(rekognition.delete_stream_processor(Name=name)) == {}
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        rekognition.describe_stream_processor(Name=name)


def test_numbers_are_float32_on_the_wire(rekognition):
    request = label_detection("floats")
    request["Settings"]["ConnectedHome"]["MinConfidence"] = 80.1
    rekognition.create_stream_processor(**request)
    shown = rekognition.describe_stream_processor(Name="floats")
    assert shown["Settings"]["ConnectedHome"]["MinConfidence"] == pytest.approx(80.1, rel=1e-7)
    assert shown["Settings"]["ConnectedHome"]["MinConfidence"] != 80.1


def test_an_update_changes_what_it_names(rekognition):
    rekognition.create_stream_processor(**full_label_detection("updated"))
    before = rekognition.describe_stream_processor(Name="updated")
    rekognition.update_stream_processor(
        Name="updated",
        SettingsForUpdate={"ConnectedHomeForUpdate": {"Labels": ["PET"]}},
        RegionsOfInterestForUpdate=[POLYGON],
    )
    after = wait_for(rekognition, "updated", "STOPPED")
    assert after["Settings"] == {"ConnectedHome": {"Labels": ["PET"], "MinConfidence": 80.0}}
    assert after["RegionsOfInterest"] == [POLYGON]
    assert after["DataSharingPreference"] == before["DataSharingPreference"]
    assert after["LastUpdateTimestamp"] > before["LastUpdateTimestamp"]
    rekognition.update_stream_processor(
        Name="updated",
        DataSharingPreferenceForUpdate={"OptIn": False},
        ParametersToDelete=["ConnectedHomeMinConfidence", "RegionsOfInterest"],
    )
    after = wait_for(rekognition, "updated", "STOPPED")
    assert after["Settings"] == {"ConnectedHome": {"Labels": ["PET"]}}
    assert "RegionsOfInterest" not in after
    assert after["DataSharingPreference"] == {"OptIn": False}


def test_a_face_search_starts_runs_and_stops(rekognition):
    rekognition.create_stream_processor(**face_search("runs"))
    rekognition.start_stream_processor(Name="runs")
    wait_for(rekognition, "runs", "RUNNING")
    rekognition.stop_stream_processor(Name="runs")
    wait_for(rekognition, "runs", "STOPPED")


def test_what_is_under_way_shows_in_the_status():
    with Emulator(settle="starting=1h,updating=1h") as emulator:
        client = emulator.client()
        client.create_stream_processor(**face_search("starts"))
        client.start_stream_processor(Name="starts")
        assert status(client, "starts") == "STARTING"
        client.create_stream_processor(**label_detection("updated"))
        client.update_stream_processor(Name="updated", DataSharingPreferenceForUpdate={"OptIn": True})
        assert status(client, "updated") == "UPDATING"
    with Emulator(settle="starting=0,stopping=1h") as emulator:
        client = emulator.client()
        client.create_stream_processor(**face_search("stops"))
        client.start_stream_processor(Name="stops")
        client.stop_stream_processor(Name="stops")
        assert status(client, "stops") == "STOPPING"


def test_a_session_of_label_detection_ends_by_itself_in_time():
    # The settling time is not the session's: only MaxDurationInSeconds, here 1, ends it.
    with Emulator(settle="20ms") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("session"))
        started = client.start_stream_processor(Name="session", **SESSION)
        assert started["SessionId"]
        seen = {status(client, "session")}
        wait_until(lambda: seen.add(status(client, "session")) or "STOPPED" in seen)
        assert seen <= {"STARTING", "STOPPED"}
        shown = client.describe_stream_processor(Name="session")
        lasted = shown["LastUpdateTimestamp"] - shown["CreationTimestamp"]
        assert lasted.total_seconds() >= 1


def test_a_session_can_be_cut_short():
    with Emulator(settle="session=50ms") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("session"))
        client.start_stream_processor(Name="session", **{**SESSION, "StopSelector": {"MaxDurationInSeconds": 120}})
        wait_for(client, "session", "STOPPED")


def test_settling_takes_as_long_as_is_said():
    with Emulator(settle="starting=1s,stopping=0,name=0") as emulator:
        client = emulator.client()
        client.create_stream_processor(**face_search("slow"))
        client.start_stream_processor(Name="slow")
        before = client.describe_stream_processor(Name="slow")
        after = wait_for(client, "slow", "RUNNING")
        took = (after["LastUpdateTimestamp"] - before["LastUpdateTimestamp"]).total_seconds()
        assert took == pytest.approx(1, abs=0.01)
        client.stop_stream_processor(Name="slow")
        assert status(client, "slow") == "STOPPED"
        client.delete_stream_processor(Name="slow")
        client.create_stream_processor(**face_search("slow"))


@pytest.mark.parametrize("request_of, selectors", [(face_search, {}), (label_detection, SESSION)])
def test_a_processor_fails_when_asked_to_and_can_be_started_again(request_of, selectors):
    with Emulator("--fail", "broken=Access denied to Role") as emulator:
        client = emulator.client()
        client.create_stream_processor(**request_of("broken"))
        client.start_stream_processor(Name="broken", **selectors)
        shown = wait_for(client, "broken", "FAILED")
        assert shown["StatusMessage"] == "Access denied to Role"
        client.start_stream_processor(Name="broken", **selectors)
        assert "StatusMessage" not in client.describe_stream_processor(Name="broken")
        wait_for(client, "broken", "FAILED")
        client.delete_stream_processor(Name="broken")


def test_a_name_stays_unusable_for_a_while_after_a_delete():
    with Emulator(settle="name=1h") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("again"))
        client.delete_stream_processor(Name="again")
        with pytest.raises(client.exceptions.ResourceInUseException, match="Stream processor name already in use."):
            client.create_stream_processor(**label_detection("again"))
    with Emulator(settle="name=100ms") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("again"))
        client.delete_stream_processor(Name="again")

        def created():
            try:
                return client.create_stream_processor(**label_detection("again"))
            except client.exceptions.ResourceInUseException:
                return None

        wait_until(created)


def test_the_paginator_lists_everything_once():
    with Emulator("--limit", "page=7") as emulator:
        client = emulator.client()
        names = sorted(f"camera-{number}" for number in range(20))
        for name in names:
            client.create_stream_processor(**label_detection(name))
        paginator = client.get_paginator("list_stream_processors")
        for size in [None, 1, 3, 20]:
            pages = list(paginator.paginate(PaginationConfig={"PageSize": size}))
            assert len(pages) == -(-20 // min(size or 7, 7))
            listed = [processor["Name"] for page in pages for processor in page["StreamProcessors"]]
            assert sorted(listed) == names
            assert "NextToken" not in pages[-1]


def test_one_processor_for_each_stream(rekognition):
    rekognition.create_stream_processor(**face_search("holder"))
    video, data = face_search("video"), face_search("data")
    video["Input"] = face_search("holder")["Input"]
    data["Output"] = face_search("holder")["Output"]
    for request in [video, data]:
        with pytest.raises(rekognition.exceptions.ResourceInUseException, match="Specified resource is in use."):
            rekognition.create_stream_processor(**request)
    rekognition.delete_stream_processor(Name="holder")
    rekognition.create_stream_processor(**video)


def without(request, member):
    return {name: value for name, value in request.items() if name != member}


@pytest.mark.parametrize(
    "request_",
    [
        label_detection("x", Output=face_search()["Output"]),
        face_search("x", Output=label_detection()["Output"]),
        label_detection("x", Output={}),
        label_detection("x", Output={**label_detection()["Output"], **face_search()["Output"]}),
        label_detection("x", Settings={}),
        label_detection("x", Settings={**label_detection()["Settings"], **face_search()["Settings"]}),
        face_search("x", Settings={"FaceSearch": {}}),
        face_search("x", KmsKeyId="alias/doorbells"),
        label_detection("x", Input={}),
        label_detection("x", RegionsOfInterest=[{}]),
        label_detection("x", RegionsOfInterest=[{**BOX, **POLYGON}]),
        label_detection("x", RegionsOfInterest=[{"Polygon": POLYGON["Polygon"][:2]}]),
        label_detection("x", RegionsOfInterest=[{"Polygon": [{"X": 0.5, "Y": 0.5}] * 11}]),
    ],
)
def test_what_does_not_fit_together_is_refused(rekognition, request_):
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        rekognition.create_stream_processor(**request_)


def test_regions_of_a_face_search_are_accepted_and_returned(rekognition):
    rekognition.create_stream_processor(**face_search("regions", RegionsOfInterest=[BOX]))
    assert rekognition.describe_stream_processor(Name="regions")["RegionsOfInterest"] == [BOX]


def test_what_only_shows_at_work_is_accepted(rekognition):
    degenerate = {"Polygon": [{"X": 0.5, "Y": 0.5}] * 3}
    rekognition.create_stream_processor(**label_detection("degenerate", RegionsOfInterest=[degenerate]))


def test_an_update_of_a_face_search_is_refused(rekognition):
    rekognition.create_stream_processor(**face_search("fixed"))
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        rekognition.update_stream_processor(Name="fixed", DataSharingPreferenceForUpdate={"OptIn": True})


def test_the_selectors_belong_to_label_detection(rekognition):
    rekognition.create_stream_processor(**face_search("no-selectors"))
    rekognition.create_stream_processor(**label_detection("selectors"))
    bad = rekognition.exceptions.InvalidParameterException
    for name, selectors in [
        ("no-selectors", SESSION),
        ("selectors", {}),
        ("selectors", without(SESSION, "StartSelector")),
        ("selectors", without(SESSION, "StopSelector")),
    ]:
        with pytest.raises(bad):
            rekognition.start_stream_processor(Name=name, **selectors)


# What each call gets in each status, as far as the service is known; what is unknown stands in test_quirks.
TABLE = {
    "STOPPED": {"start": True, "stop": False, "update": True, "delete": True},
    "FAILED": {"start": True, "stop": False, "update": True, "delete": True},
    "STARTING": {"start": False},
    "RUNNING": {"start": False, "stop": True, "delete": False},
    "STOPPING": {"start": False, "stop": False, "delete": False},
    "UPDATING": {"start": False, "stop": False},
}


@pytest.mark.parametrize("at, call, works", [(at, *pair) for at, calls in TABLE.items() for pair in calls.items()])
def test_what_a_status_allows(at, call, works, tmp_path):
    import json

    searching = call == "stop" or at in {"RUNNING", "STOPPING"}
    request = face_search("one") if searching else label_detection("one")
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"processors": [{**request, "Status": at}]}))
    with Emulator("--state", state, settle="1h") as emulator:
        client = emulator.client()
        calls = {
            "start": lambda: client.start_stream_processor(Name="one", **({} if searching else SESSION)),
            "stop": lambda: client.stop_stream_processor(Name="one"),
            "update": lambda: client.update_stream_processor(Name="one", DataSharingPreferenceForUpdate={"OptIn": True}),
            "delete": lambda: client.delete_stream_processor(Name="one"),
        }
        assert status(client, "one") == at
        if works:
            calls[call]()
            return
        with pytest.raises(ClientError) as refused:
            calls[call]()
        assert refused.value.response["Error"]["Code"] == "ResourceInUseException"
        assert status(client, "one") == at
