"""Every point that nobody knows about the service, played every way that there is."""

import json
import os
import re
import subprocess

import pytest
from botocore.exceptions import ClientError

from emulator import ACCOUNT_ID, REGION, Emulator, wait_until
from samples import BOX, POLYGON, SESSION, arn, face_search, label_detection

UPDATE = {"Name": "a", "DataSharingPreferenceForUpdate": {"OptIn": True}}
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:"


def code(call):
    """The code of the error that a call gets, or "ok"."""
    try:
        call()
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return "ok"


def shown(client, **members):
    client.create_stream_processor(**label_detection("a", **members))
    return client.describe_stream_processor(Name="a")


def confidence(client, settled=None):
    settled = settled or wait_until(
        lambda: (found := client.describe_stream_processor(Name="a"))["Status"] == "STOPPED" and found
    )
    return settled["Settings"]["ConnectedHome"].get("MinConfidence", "absent")


def unset_min_confidence(client):
    return confidence(client, shown(client))


def deleted_min_confidence(client):
    settings = {"ConnectedHome": {"Labels": ["PET"], "MinConfidence": 80}}
    shown(client, Settings=settings)
    client.update_stream_processor(Name="a", ParametersToDelete=["ConnectedHomeMinConfidence"])
    return confidence(client)


def unset_data_sharing(client):
    return shown(client).get("DataSharingPreference", "absent")


def no_regions(client):
    return shown(client).get("RegionsOfInterest", "absent")


def kms_key(client):
    sent = ["alias/doorbells", "1234abcd-12ab-34cd-56ef-1234567890ab"]
    echoed = []
    for number, key in enumerate(sent):
        client.create_stream_processor(**label_detection(f"k{number}", KmsKeyId=key))
        echoed.append(client.describe_stream_processor(Name=f"k{number}")["KmsKeyId"])
    plain = echoed == sent
    arns = echoed[1] == f"{KEYS}key/{sent[1]}"
    if plain:
        return "as-sent"
    assert arns, echoed
    return "arn" if echoed[0] == f"{KEYS}alias/doorbells" else ("key-arn" if f"{KEYS}key/" in echoed[0] else echoed)


def floats(client):
    client.create_stream_processor(
        **label_detection("a", Settings={"ConnectedHome": {"Labels": ["PET"], "MinConfidence": 80.1}})
    )
    return client.describe_stream_processor(Name="a")["Settings"]["ConnectedHome"]["MinConfidence"]


def kept(sent, echoed, same):
    """Whether a list came back as it was, or in another order; it must hold the same either way."""
    assert same(sent) == same(echoed)
    return sent == echoed


def label_order(client):
    labels = ["PERSON", "PET", "PACKAGE"]
    echoed = shown(client, Settings={"ConnectedHome": {"Labels": labels}})["Settings"]["ConnectedHome"]["Labels"]
    return kept(labels, echoed, sorted)


def region_order(client):
    regions = [BOX, POLYGON]
    echoed = shown(client, RegionsOfInterest=regions)["RegionsOfInterest"]
    return kept(regions, echoed, lambda regions: sorted(json.dumps(region, sort_keys=True) for region in regions))


def polygon_start(client):
    points = POLYGON["Polygon"]
    echoed = shown(client, RegionsOfInterest=[POLYGON])["RegionsOfInterest"][0]["Polygon"]
    return kept(points, echoed, lambda points: sorted(map(str, points)))


def labels_update(client):
    shown(client)
    client.update_stream_processor(
        Name="a", SettingsForUpdate={"ConnectedHomeForUpdate": {"Labels": ["PET", "PERSON"]}}
    )
    return sorted(client.describe_stream_processor(Name="a")["Settings"]["ConnectedHome"]["Labels"])


def empty_regions_update(client):
    shown(client, RegionsOfInterest=[BOX])
    request = {"Name": "a", "RegionsOfInterestForUpdate": [], "DataSharingPreferenceForUpdate": {"OptIn": True}}
    answer = code(lambda: client.update_stream_processor(**request))
    return answer, len(client.describe_stream_processor(Name="a").get("RegionsOfInterest", []))


def set_and_delete(client):
    shown(client)
    settings = {"ConnectedHomeForUpdate": {"MinConfidence": 60}}
    both = {"Name": "a", "SettingsForUpdate": settings, "ParametersToDelete": ["ConnectedHomeMinConfidence"]}
    answer = code(lambda: client.update_stream_processor(**both))
    return answer, confidence(client)


def empty_update(client):
    shown(client)
    return code(lambda: client.update_stream_processor(Name="a"))


def update_while_busy(client):
    shown(client)
    client.start_stream_processor(Name="a", **{**SESSION, "StopSelector": {"MaxDurationInSeconds": 60}})
    return code(lambda: client.update_stream_processor(**UPDATE))


def starting(client):
    client.create_stream_processor(**face_search("a"))
    client.start_stream_processor(Name="a")
    assert client.describe_stream_processor(Name="a")["Status"] == "STARTING"


def stop_while_starting(client):
    starting(client)
    return code(lambda: client.stop_stream_processor(Name="a"))


def delete_while_starting(client):
    starting(client)
    return code(lambda: client.delete_stream_processor(Name="a"))


def delete_while_updating(client):
    shown(client)
    client.update_stream_processor(**UPDATE)
    return code(lambda: client.delete_stream_processor(Name="a"))


def notification_channel(client):
    request = label_detection("a")
    del request["NotificationChannel"]
    return code(lambda: client.create_stream_processor(**request))


def face_search_limit(client):
    for name in "ab":
        client.create_stream_processor(**face_search(name))
    client.start_stream_processor(Name="a")
    # Sent past boto3, whose model does not have this error for this operation.
    _, answer = client.emulator.send("rekognition", "StartStreamProcessor", {"Name": "b"})
    status = lambda: client.describe_stream_processor(Name="b")["Status"]  # noqa: E731
    wait_until(lambda: status() != "STARTING")
    return answer.get("__type", "ok"), status()


def trail_resources(client):
    client.create_stream_processor(**label_detection("a"))
    trail = client.emulator.client("cloudtrail")
    events = trail.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": "a"}])["Events"]
    return [resource for event in events for resource in event["Resources"]]


def tagging(client):
    client.create_stream_processor(**label_detection("a", Tags={"site": "north"}))
    found = client.emulator.client("resourcegroupstaggingapi").get_resources()["ResourceTagMappingList"]
    return [mapping["ResourceARN"] for mapping in found]


def untagged_resources(client):
    client.create_stream_processor(**label_detection("a", Tags={"site": "north"}))
    client.create_stream_processor(**label_detection("b"))
    client.untag_resource(ResourceArn=arn("a"), TagKeys=["site"])
    return client.emulator.client("resourcegroupstaggingapi").get_resources()["ResourceTagMappingList"]


def unsupported_region(client):
    found = {}
    for region in ["us-east-1", "us-east-2", "ap-northeast-1"]:
        # The play's own options come last.
        with Emulator(*client.emulator.arguments[len(Emulator().arguments) :], "--region", region) as elsewhere:
            other = elsewhere.client()
            kinds = {"labels": label_detection("a"), "faces": face_search("b")}
            made = [kind for kind, request in kinds.items() if code(lambda: other.create_stream_processor(**request)) == "ok"]
            found[region] = " ".join(made)
    return found


INVALID, IN_USE = "InvalidParameterException", "ResourceInUseException"

# What each way to play a point looks like; the first is the default.
QUIRKS = {
    unset_min_confidence: {"absent": "absent", "shown": 50},
    deleted_min_confidence: {"absent": "absent", "shown": 50},
    unset_data_sharing: {"absent": "absent", "shown": {"OptIn": False}},
    no_regions: {"absent": "absent", "empty": []},
    kms_key: {"as-sent": "as-sent", "arn": "arn", "key-arn": "key-arn"},
    floats: {"widened": 80.0999984741211, "shortest": 80.1},
    label_order: {"kept": True, "shuffled": False},
    region_order: {"kept": True, "shuffled": False},
    polygon_start: {"kept": True, "rotated": False},
    labels_update: {"replace": ["PERSON", "PET"], "merge": ["PACKAGE", "PERSON", "PET"]},
    empty_regions_update: {"refuse": (INVALID, 1), "clear": ("ok", 0), "ignore": ("ok", 1)},
    set_and_delete: {"refuse": (INVALID, "absent"), "set-wins": ("ok", 60), "delete-wins": ("ok", "absent")},
    empty_update: {"refuse": INVALID, "accept": "ok"},
    update_while_busy: {"refuse": IN_USE, "accept": "ok"},
    stop_while_starting: {"refuse": IN_USE, "accept": "ok"},
    delete_while_starting: {"refuse": IN_USE, "accept": "ok"},
    delete_while_updating: {"refuse": IN_USE, "accept": "ok"},
    notification_channel: {"optional": "ok", "required": INVALID},
    face_search_limit: {"refuse": ("LimitExceededException", "STOPPED"), "fail": ("ok", "FAILED")},
    trail_resources: {
        "absent": [],
        "named": [{"ResourceType": "AWS::Rekognition::StreamProcessor", "ResourceName": "a"}],
    },
    tagging: {"covered": [arn("a")], "absent": []},
    untagged_resources: {"absent": [], "listed": [{"ResourceARN": arn("a"), "Tags": []}]},
    unsupported_region: {
        "refuse": {"us-east-1": "labels faces", "us-east-2": "labels", "ap-northeast-1": "faces"},
        "accept": dict.fromkeys(["us-east-1", "us-east-2", "ap-northeast-1"], "labels faces"),
    },
}


def name_of(quirk):
    return quirk.__name__.replace("_", "-")


def play(quirk, *arguments):
    # What is asked for while something is under way must not come too late.
    settle = "1h" if "_while_" in quirk.__name__ else "100ms"
    with Emulator("--limit", "face-searches=1", *arguments, settle=settle) as emulator:
        client = emulator.client()
        client.emulator = emulator
        return quirk(client)


@pytest.mark.parametrize(
    "quirk, variant, expected",
    [(quirk, *variant) for quirk, variants in QUIRKS.items() for variant in variants.items()],
    ids=lambda value: name_of(value) if callable(value) else str(value),
)
def test_a_quirk_is_played(quirk, variant, expected):
    found = play(quirk, "--quirk", f"{name_of(quirk)}={variant}")
    assert json.dumps(found) == json.dumps(expected) or found == expected


@pytest.mark.parametrize("quirk", QUIRKS, ids=name_of)
def test_the_default_is_the_first_variant(quirk):
    assert play(quirk) == next(iter(QUIRKS[quirk].values()))


def test_every_quirk_of_the_program_is_played_here():
    help_ = subprocess.run([os.environ["REKON_BIN"], "emulator", "--help"], capture_output=True, text=True, check=True)
    quirks = help_.stdout.split("Quirks, the default first:")[1]
    listed, current = {}, None
    for line in quirks.splitlines():
        if found := re.fullmatch(r"  ([a-z-]+)", line):
            current = listed.setdefault(found[1], [])
        elif found := re.match(r"      ([a-z-]+) {2,}\S", line):
            current.append(found[1])
    assert listed == {name_of(quirk): list(variants) for quirk, variants in QUIRKS.items()}
