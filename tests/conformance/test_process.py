"""The program around the service: its file, its journal, its socket, its start and its end."""

import contextlib
import http.client
import json
import os
import random
import resource
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from emulator import ACCESS_KEY_ID, Emulator, wait_until
from samples import arn, face_search, label_detection


def start(*arguments):
    """Runs the program to its end; gives the exit code and what it said."""
    command = [os.environ["REKON_BIN"], "emulator", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


@pytest.mark.parametrize("seed", range(3))
def test_every_acknowledged_write_survives_a_kill(tmp_path, seed):
    state = tmp_path / "state.json"
    acknowledged, lock = {}, threading.Lock()

    def write(emulator, worker):
        """Creates, tags and deletes its own processors for as long as it is answered."""
        client = emulator.client()
        for number in range(1000):
            name = f"camera-{worker}-{number}"
            try:
                client.create_stream_processor(**label_detection(name))
                with lock:
                    acknowledged[name] = {}
                client.tag_resource(ResourceArn=arn(name), Tags={"number": str(number)})
                with lock:
                    acknowledged[name] = {"number": str(number)}
                if number % 3 == 0:
                    with lock:
                        # From here on nobody knows, until it is acknowledged.
                        del acknowledged[name]
                    client.delete_stream_processor(Name=name)
                    with lock:
                        acknowledged[name] = None
            except (BotoCoreError, ClientError):
                return

    with Emulator("--state", state) as emulator, ThreadPoolExecutor(4) as workers:
        for worker in range(4):
            workers.submit(write, emulator, worker)
        enough = random.Random(seed).randint(20, 60)
        wait_until(lambda: len(acknowledged) >= enough)
        emulator.kill()
    # Beside the state and its log, at most the next state that was being written.
    left = {entry.name for entry in tmp_path.iterdir()} - {"state.json.new"}
    assert left == {"state.json", "state.json.log"}
    with Emulator("--state", state) as emulator:
        client = emulator.client()
        for name, tags in acknowledged.items():
            if tags is None:
                with pytest.raises(client.exceptions.ResourceNotFoundException):
                    client.describe_stream_processor(Name=name)
            else:
                client.describe_stream_processor(Name=name)
                found = client.list_tags_for_resource(ResourceArn=arn(name))["Tags"]
                assert tags.items() <= found.items()
        client.create_stream_processor(**label_detection("one-more"))
        assert emulator.terminate() == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("seed", range(2))
def test_kill_after_kill_loses_nothing(tmp_path, seed):
    """Large enough a fleet that the log is full again and again, and the state is replaced."""
    state, dice = tmp_path / "state.json", random.Random(seed)
    state.write_text(json.dumps({"processors": [label_detection(f"camera-{number}") for number in range(300)]}))
    expected = {}
    for _ in range(4):
        with Emulator("--state", state) as emulator:
            client = emulator.client()
            for name, value in expected.items():
                assert client.list_tags_for_resource(ResourceArn=arn(name))["Tags"]["value"] == value

            def write():
                with contextlib.suppress(BotoCoreError, ClientError):
                    while True:
                        name, value = f"camera-{dice.randrange(300)}", "x" * dice.randrange(200)
                        # From here on it may be either.
                        expected.pop(name, None)
                        client.tag_resource(ResourceArn=arn(name), Tags={"value": value})
                        expected[name] = value

            writer = threading.Thread(target=write)
            writer.start()
            time.sleep(dice.uniform(0.3, 1.0))
            emulator.kill()
            writer.join()
    assert len(expected) > 50


def test_what_is_under_way_goes_on_after_a_restart(tmp_path):
    def restarted(state, settle):
        """A second run over a state in which `a` is starting and the name `b` settles."""
        with Emulator("--state", state, settle=settle) as emulator:
            client = emulator.client()
            client.create_stream_processor(**label_detection("b"))
            client.delete_stream_processor(Name="b")
            client.create_stream_processor(**face_search("a"))
            client.start_stream_processor(Name="a")
            emulator.kill()
        return Emulator("--state", state, settle=settle)

    status = lambda client: client.describe_stream_processor(Name="a")["Status"]  # noqa: E731
    with restarted(tmp_path / "long.json", "1h") as emulator:
        client = emulator.client()
        assert status(client) == "STARTING"
        with pytest.raises(client.exceptions.ResourceInUseException):
            client.create_stream_processor(**label_detection("b"))
    with restarted(tmp_path / "short.json", "100ms") as emulator:
        client = emulator.client()
        wait_until(lambda: status(client) == "RUNNING")
        client.create_stream_processor(**label_detection("b"))


def test_the_state_is_a_snapshot_that_can_be_written_by_hand(tmp_path):
    state = tmp_path / "state.json"
    processor = {**label_detection("a"), "Tags": {"site": "north"}, "CreationTimestamp": "2024-05-06T07:08:09Z"}
    state.write_text(json.dumps({"processors": [processor]}))
    with Emulator("--state", state) as emulator:
        client = emulator.client()
        assert client.describe_stream_processor(Name="a")["CreationTimestamp"].isoformat()[:19] == "2024-05-06T07:08:09"
        client.create_stream_processor(**label_detection("b"))
    kept = json.loads(state.read_text())
    assert kept["format_version"] == "1.0"
    assert [processor["Name"] for processor in kept["processors"]] == ["a", "b"]
    assert kept["processors"][0]["Tags"] == {"site": "north"}


def test_reading_creates_no_file(tmp_path):
    state = tmp_path / "state.json"
    with Emulator("--state", state) as emulator:
        emulator.client().list_stream_processors()
        assert emulator.terminate() == 0
    assert not state.exists()


def test_a_state_that_is_none_is_refused_with_its_name(tmp_path):
    state = tmp_path / "state.json"
    state.write_text('{"processors": [{"Name": "front door!"}]}')
    code, said = start("--state", state, "--listen", "127.0.0.1:0")
    assert code == 1
    assert "state.json" in said


def test_the_journal_has_a_line_for_each_call(tmp_path):
    journal = tmp_path / "journal.jsonl"
    for _ in range(2):
        with Emulator("--journal", journal) as emulator:
            client = emulator.client()
            client.create_stream_processor(**label_detection("a"))
            with contextlib.suppress(ClientError):
                client.describe_stream_processor(Name="nowhere")
            emulator.kill()
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(line["operation"], line["processor"], line["outcome"]) for line in lines] == [
        ("CreateStreamProcessor", "a", "ok"),
        ("DescribeStreamProcessor", "nowhere", "ResourceNotFoundException"),
    ] * 2
    first = lines[0]
    assert first["request"] == label_detection("a")
    assert first["took_effect"] is True and lines[1]["took_effect"] is False
    assert first["access_key_id"] == ACCESS_KEY_ID and first["user_agent"].startswith("Boto3/")
    assert first["time"].endswith("Z") and first["request_id"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_peace(how, tmp_path):
    with Emulator("--state", tmp_path / "state.json") as emulator:
        client = emulator.client()
        client.create_stream_processor(**label_detection("a"))
        emulator.process.send_signal(how)
        assert emulator.process.wait(10) == 0
    assert json.loads((tmp_path / "state.json").read_text())["processors"][0]["Name"] == "a"


def test_a_stop_does_not_wait_for_clients_that_hang(tmp_path):
    journal = tmp_path / "journal.jsonl"
    with Emulator("--journal", journal, "--fault", "ListStreamProcessors=hang") as emulator:
        address = urlsplit(emulator.url)
        idle = socket.create_connection((address.hostname, address.port))
        half = socket.create_connection((address.hostname, address.port))
        half.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf")
        client = emulator.client(read_timeout=30)

        def hang():
            # However the client words it.
            with contextlib.suppress(Exception):
                client.list_stream_processors()

        hanging = threading.Thread(target=hang)
        hanging.start()
        wait_until(lambda: journal.exists() and "hang" in journal.read_text())
        # Before the client gives up by itself.
        assert emulator.terminate() == 0
        hanging.join(5)
        assert not hanging.is_alive()
        idle.close()
        half.close()


def test_a_port_that_is_taken_is_named():
    with Emulator() as emulator:
        address = emulator.url.removeprefix("http://")
        code, said = start("--listen", address)
        assert code == 1
        assert address in said and "another program listens there" in said


def test_a_state_belongs_to_one_emulator(tmp_path):
    state = tmp_path / "state.json"
    state.write_text('{"processors": []}')
    with Emulator("--state", state) as one:
        code, said = start("--state", state, "--listen", "127.0.0.1:0")
        assert code == 1
        assert f"{state} belongs to process {one.process.pid}" in said
        one.client().create_stream_processor(**label_detection("a"))
    assert [processor["Name"] for processor in json.loads(state.read_text())["processors"]] == ["a"]


def test_of_two_emulators_that_begin_a_state_one_does(tmp_path):
    state = tmp_path / "state.json"
    with Emulator("--state", state) as one, Emulator("--state", state) as other:
        one.client().create_stream_processor(**label_detection("a"))
        with pytest.raises(ClientError, match=f"belongs to process {one.process.pid}"):
            other.client().create_stream_processor(**label_detection("b"))
        assert other.client().list_stream_processors()["StreamProcessors"] == []
    assert [processor["Name"] for processor in json.loads(state.read_text())["processors"]] == ["a"]


def test_a_write_that_cannot_be_kept_does_not_happen(tmp_path):
    """A limit on the size of files stands for a disk that is full."""
    state = tmp_path / "state.json"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with Emulator("--state", state, preexec_fn=limit) as emulator:
        client = emulator.client()
        kept = []
        with pytest.raises(ClientError, match="cannot keep its state") as refused:
            for number in range(1000):
                client.create_stream_processor(**label_detection(f"camera-{number}"))
                kept.append(f"camera-{number}")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        listed = lambda client: {found["Name"] for found in client.list_stream_processors()["StreamProcessors"]}  # noqa: E731
        assert kept and listed(client) == set(kept)
        events = emulator.client("cloudtrail").lookup_events()["Events"]
        last = next(event for event in events if event["EventName"] == "CreateStreamProcessor")
        assert json.loads(last["CloudTrailEvent"])["errorCode"] == "InternalServerError"
        emulator.kill()
    with Emulator("--state", state) as emulator:
        assert listed(emulator.client()) == set(kept)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_what_cannot_be_kept_is_told():
    code, said = start("--state", "/dev/full", "--listen", "127.0.0.1:0")
    assert code == 1
    assert "/dev/full" in said and "no regular file" in said
    with Emulator("--journal", "/dev/full") as emulator:
        emulator.client().list_stream_processors()
        wait_until(lambda: any("the journal /dev/full ends here" in line for line in emulator.output))
        emulator.client().list_stream_processors()
        assert emulator.terminate() == 0


def test_a_link_that_leads_nowhere_yet(tmp_path):
    (tmp_path / "link.json").symlink_to("state.json")
    with Emulator("--state", tmp_path / "link.json") as emulator:
        emulator.client().create_stream_processor(**label_detection("a"))
        assert emulator.terminate() == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "state.json").read_text())["processors"][0]["Name"] == "a"


def test_only_loopback_is_listened_on_without_a_warning():
    with Emulator() as emulator:
        assert not any("warning" in line for line in emulator.output)
    with Emulator(listen="0.0.0.0:0") as emulator:
        assert emulator.output[0].startswith("warning: ")


def test_ipv6():
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    with Emulator(listen="[::1]:0") as emulator:
        assert emulator.url.startswith("http://[::1]:")
        assert not any("warning" in line for line in emulator.output)
        assert emulator.client().list_stream_processors()["StreamProcessors"] == []


def test_health_is_told_to_anybody():
    with Emulator() as emulator:
        emulator.client().create_stream_processor(**label_detection("a"))
        health = emulator.health()
        assert health["emulator"].startswith("rekon ")
        assert (health["account_id"], health["region"]) == ("111122223333", "us-east-1")
        assert health["stream_processors"] == 1


def test_a_large_state_is_there_from_the_start(tmp_path):
    state = tmp_path / "fleet.json"
    state.write_text(json.dumps({"processors": [label_detection(f"camera-{number}") for number in range(1000)]}))
    with Emulator("--state", state) as emulator:
        assert emulator.health()["stream_processors"] == 1000


def test_many_clients_at_once():
    with Emulator() as emulator:
        emulator.client().create_stream_processor(**label_detection("a"))

        def describe(_):
            client = emulator.client()
            return [client.describe_stream_processor(Name="a")["Name"] for _ in range(10)]

        with ThreadPoolExecutor(16) as workers:
            assert list(workers.map(describe, range(16))) == [["a"] * 10] * 16


def test_a_connection_serves_request_after_request():
    with Emulator() as emulator:
        address = urlsplit(emulator.url)
        connection = http.client.HTTPConnection(address.hostname, address.port)
        for _ in range(3):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
            local = connection.sock.getsockname()
        assert connection.sock.getsockname() == local
        connection.request("GET", "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("connection") == "close"
        connection.close()


def test_a_body_without_end_is_refused_in_words():
    with Emulator() as emulator:
        status, answer = emulator.send("rekognition", "ListStreamProcessors", b" " * (5 << 20))
        assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--settle", "soon"],
        ["--quota", "Paint=1"],
        ["--fault", "Describe=nonsense"],
        ["--fault-rate", "throttle=2"],
        ["--quirk", "colour=red"],
        ["--lag", "clock=1s"],
        ["--limit", "page=0"],
        ["--listen", "4566"],
        ["--region", ""],
        ["--identity", ""],
        ["--fail", "front door=Access denied to Role"],
        ["--fault", "Describe=error:"],
        ["--fault", "Describe:2x0=throttle"],
        ["--fault", "Stop=hide:5s"],
        ["--fault", "Describe/front door=throttle"],
        ["--quota", "Describe=5,Describe=6"],
    ],
)
def test_a_mistake_in_an_option_is_refused(arguments):
    code, said = start(*arguments)
    assert code != 0
    assert arguments[0] in said
