"""The note of the GitLab example, against a stand-in for GitLab's API that knows no more than its routes."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from github_stand_in import Handler
from runner import REKON, ROOT, project

EXAMPLE = ROOT / "examples/review/gitlab"
TOKEN = "glpat-0123456789abcdefghij"
NOTES = "/api/v4/projects/3/merge_requests/7/notes"


class Api(Handler):
    def handle_any(self) -> None:
        lab, split = self.server, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        lab.requests.append(f"{self.command} {split.path}")
        one = re.fullmatch(rf"{NOTES}/(\d+)", split.path)
        found = [note for note in lab.notes if one and note["id"] == int(one[1])]
        if self.headers.get("PRIVATE-TOKEN") != TOKEN:
            self.answer(401, {})
        elif lab.moved:
            self.answer(302, None, {"Location": lab.moved})
        elif (self.command, split.path) == ("GET", "/api/v4/user"):
            self.answer(200, {"id": 1})
        elif (self.command, split.path) == ("GET", NOTES):
            page = int(parse_qs(split.query)["page"][0])
            more = str(page + 1) if len(lab.notes) > 100 * page else ""
            self.answer(200, lab.notes[100 * (page - 1):100 * page], {"X-Next-Page": more})
        elif (self.command, split.path) == ("POST", NOTES):
            lab.notes.append({"id": 1000 + len(lab.notes), "author": {"id": 1}, "body": body["body"]})
            self.answer(201, {})
        elif self.command == "PUT" and found:
            found[0]["body"] = body["body"]
            self.answer(200, {})
        elif self.command == "DELETE" and found:
            lab.notes.remove(found[0])
            self.answer(204)
        else:
            self.answer(404, {})


@pytest.fixture
def lab() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.notes, server.requests, server.moved = [], [], ""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def plan(folder: Path) -> str:
    (folder / "rekon.toml").write_text(project({"front": '["PERSON"]'}))
    file = str(folder / "plan.md")
    subprocess.run([REKON, "plan", str(folder), "--emulator", "--quiet", "--report", f"markdown={file}"], check=True, capture_output=True)
    return file


def tell(lab: Any, file: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    environment = {
        "CI_API_V4_URL": f"http://127.0.0.1:{lab.server_port}/api/v4", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7",
        "CI_JOB_URL": "https://gitlab.example/job/1", "REKON_GITLAB_TOKEN": token, "PATH": os.environ["PATH"],
    }
    run = subprocess.run([sys.executable, str(EXAMPLE / "note.py"), file], env=environment, capture_output=True, text=True, check=False)
    assert TOKEN not in run.stdout + run.stderr
    return run


def test_one_note_is_made_found_behind_many_and_updated(lab: Any, tmp_path: Path) -> None:
    file = plan(tmp_path)
    assert tell(lab, file).returncode == 0
    [mine] = lab.notes
    assert mine["body"].startswith("<!-- rekon:plan stack=doorbells") and "gitlab.example/job/1" in mine["body"]
    foreign = {"id": 1, "author": {"id": 2}, "body": mine["body"]}
    lab.notes[:0] = [foreign, *({"id": n, "author": {"id": 1}, "body": "hello"} for n in range(2, 220))]
    before = [dict(note) for note in lab.notes[:-1]]
    mine["body"] = mine["body"].replace("**1 to create", "**old")
    assert tell(lab, file).returncode == 0
    assert "**1 to create" in mine["body"] and lab.notes[:-1] == before
    assert lab.requests.count(f"POST {NOTES}") == 1


def test_of_two_notes_the_older_stays(lab: Any, tmp_path: Path) -> None:
    file = plan(tmp_path)
    tell(lab, file)
    lab.notes.append({**lab.notes[0], "id": 2000})
    assert tell(lab, file).returncode == 0
    assert [note["id"] for note in lab.notes] == [1000]


def test_without_a_token_or_a_report_nothing_is_told(lab: Any, tmp_path: Path) -> None:
    file = plan(tmp_path)
    assert tell(lab, file, token="").returncode == 0
    Path(file).write_text("anything")
    assert tell(lab, file).returncode == 1
    assert lab.requests == []


def test_the_token_is_taken_nowhere_else(lab: Any, tmp_path: Path) -> None:
    lab.moved = f"http://127.0.0.1:{lab.server_port}/elsewhere"
    assert tell(lab, plan(tmp_path)).returncode != 0
    assert lab.requests == ["GET /api/v4/user"]


def test_the_jobs_call_what_the_program_has() -> None:
    pipeline = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text())
    for job in ["plan", "apply"]:
        [command] = pipeline[job]["script"]
        verb, options = command.split()[1], re.findall(r"--[a-z-]+", command)
        known = subprocess.run([REKON, verb, "--help"], capture_output=True, text=True, check=True).stdout
        assert options and all(option in known for option in options)
