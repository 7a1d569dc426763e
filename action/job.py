"""What the job is about: the action's inputs, the event, and where reports go."""

import hashlib
import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any, Optional

from github import GitHub
from workflow import output

HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Unusable(Exception):
    """The workflow asks for something that cannot be, or must not be done."""


class Job:
    def __init__(self, mode: str) -> None:
        environment = os.environ
        self.mode = mode
        self.event_name = environment["GITHUB_EVENT_NAME"]
        self.event: dict[str, Any] = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        self.repository = environment["GITHUB_REPOSITORY"]
        self.sha = environment["GITHUB_SHA"]
        self.branch = environment["GITHUB_REF_NAME"]
        self.workflow = environment["GITHUB_WORKFLOW_REF"].split("@")[0].split("/", 2)[-1]
        self.run = (int(environment["GITHUB_RUN_ID"]), int(environment.get("GITHUB_RUN_ATTEMPT", "1")))
        self.run_url = f"{environment['GITHUB_SERVER_URL']}/{self.repository}/actions/runs/{self.run[0]}"
        self.program = given("program")
        self.against = one_of("against", ["auto", "service", "files"])
        self.fails_on_changes = one_of("fail_on_changes", ["true", "false"]) == "true"
        self.comments = one_of("comment", ["true", "false"]) == "true"
        self.expect = given("expect")
        self.pull_request = given("pull_request")
        self.plan_workflow = given("plan_workflow")
        self.label = given("label")
        try:
            self.arguments = shlex.split(given("arguments"))
        except ValueError as reason:
            raise Unusable(f"arguments cannot be split: {reason}") from reason
        # One spelling, which is no option.
        self.dir = os.path.normpath(given("dir") or ".")
        if self.dir.startswith("-"):
            self.dir = f"./{self.dir}"
        self.github = GitHub(
            environment["GITHUB_API_URL"], environment["GITHUB_GRAPHQL_URL"], self.repository, given("token")
        )
        self.reports = Path(environment["RUNNER_TEMP"]) / self.artifact(mode)
        # What an earlier step of the job left there is not this one's.
        shutil.rmtree(self.reports, ignore_errors=True)
        self.reports.mkdir(parents=True)
        output("reports", str(self.reports))
        output("artifact", self.artifact(mode))

    def artifact(self, mode: str) -> str:
        """The name of a mode's artifact: another one for each project of the repository."""
        if self.dir == ".":
            return f"rekon-{mode}"
        plain = re.sub(r"[^A-Za-z0-9._-]", "-", self.dir)[:60]
        return f"rekon-{mode}-{plain}-{hashlib.sha256(self.dir.encode()).hexdigest()[:8]}"

    @property
    def pull(self) -> Optional[dict[str, Any]]:
        """The pull request that the event is about."""
        return self.event.get("pull_request")

    @property
    def is_from_fork(self) -> bool:
        """Whether a stranger wrote what is checked out; also where the fork is gone already."""
        head = (self.pull or {}).get("head", {})
        return self.pull is not None and (head.get("repo") or {}).get("full_name") != self.repository


def given(name: str) -> str:
    return os.environ.get(f"REKON_ACTION_{name.upper()}", "").strip()


def one_of(name: str, values: list[str]) -> str:
    value = given(name)
    if value not in values:
        raise Unusable(f"{name.replace('_', '-')} is {value!r}, and has to be one of {', '.join(values)}")
    return value
