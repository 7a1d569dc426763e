"""Plays the runner: the steps of action.yml, with their very texts, in a workspace of their own."""

import io
import json
import os
import re
import secrets
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import yaml

from github_stand_in import HEAD, MERGED, REPOSITORY, TOKEN, Service

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
REKON = os.environ["REKON_BIN"]
# What stands in files and must not be obeyed, mention anybody or end what it stands in.
HOSTILE = "$(touch pwned)`touch pwned`;'\"\n::set-output name=x::y\n::error::pwned\n%0A::warning::x @everyone --> </details>"


@dataclass
class Run:
    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    artifacts: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def commands(self) -> list[str]:
        """The lines that the runner obeys."""
        obeyed, stopped = [], None
        for line in self.log.replace("\r", "\n").split("\n"):
            line = line.strip()
            if stopped is not None:
                stopped = None if line == f"::{stopped}::" else stopped
            elif line.startswith("::stop-commands::"):
                stopped = line.removeprefix("::stop-commands::")
            elif line.startswith("::") or "##[" in line:
                obeyed.append(line)
        assert stopped is None, "commands are still stopped at the end"
        return obeyed


class Workspace:
    """A repository with one project, and a way to the stand-in."""

    def __init__(self, folder: Path, service: Service) -> None:
        self.folder, self.service = folder / "work", service
        self.temporary = folder / "temporary"
        self.folder.mkdir()
        self.temporary.mkdir()
        self.run_id = 500
        self.environment: dict[str, str] = {}
        self.write("rekon.toml", project())
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("before")

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def rekon(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([REKON, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)

    def act(self, mode: str, event_name: str, event: dict[str, Any], sha: str = HEAD, **inputs: str) -> Run:
        """One job whose only step is the action."""
        self.run_id += 1
        path = self.temporary / f"event-{self.run_id}.json"
        path.write_text(json.dumps(event))
        job = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": self.service.url,
            "GITHUB_GRAPHQL_URL": f"{self.service.url}/graphql",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/rekon.yml@refs/heads/main",
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": sha,
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": str(self.run_id),
            "GITHUB_RUN_ATTEMPT": "1",
            "RUNNER_TEMP": str(self.temporary),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environment,
        }
        given = {"mode": mode, "rekon": REKON, **inputs}
        assert set(given) <= set(ACTION["inputs"]), "an input that the action has not"
        return steps(ACTION, {name: given.get(name, default(one)) for name, one in ACTION["inputs"].items()}, job, self.folder)

    def plan(self, number: int = 7, fork: bool = False, arguments: str = "--emulator", **inputs: str) -> Run:
        pull = self.service.pulls.get(number) or self.service.pull(number)
        if fork:
            pull["head"]["repo"] = {"full_name": "stranger/cameras"}
        return self.act("plan", "pull_request", {"pull_request": pull}, arguments=arguments, **inputs)

    def apply(self, arguments: str = "--emulator", event: str = "push", **inputs: str) -> Run:
        return self.act("apply", event, {}, sha=MERGED, arguments=arguments, **inputs)

    def drift(self, arguments: str = "--emulator", **inputs: str) -> Run:
        return self.act("drift", "schedule", {}, arguments=arguments, **inputs)


def steps(action: dict[str, Any], inputs: dict[str, str], job: dict[str, str], folder: Path) -> Run:
    """Runs the steps of a composite action as a runner does."""
    done: dict[str, dict[str, str]] = {}
    result = Run(0, "", {}, "")
    for step in action["runs"]["steps"]:
        scope = Scope(inputs, done)
        condition = step.get("if", "success()")
        always = "always()" in condition
        if not (always or result.code == 0) or not scope.value(condition.replace("always()", "true")):
            continue
        if "uses" in step:
            with_ = {name: scope.text(value) for name, value in step.get("with", {}).items()}
            if step["uses"].startswith("actions/upload-artifact@"):
                result.artifacts[with_["name"]] = {
                    str(file.relative_to(with_["path"])): file.read_bytes()
                    for file in sorted(Path(with_["path"]).rglob("*")) if file.is_file()
                }
            else:
                assert step["uses"].startswith("actions/cache@"), step
                done[step["id"]] = {"cache-hit": "true"}
            continue
        outputs, summary = (folder.parent / f"{name}-{secrets.token_hex(4)}" for name in ["output", "summary"])
        outputs.touch()
        environment = {name: scope.text(value) for name, value in step.get("env", {}).items()}
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder, text=True, check=False,
            env={**job, **environment, "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
        )
        result.log += ran.stdout
        result.code = result.code or ran.returncode
        done[step.get("id", "")] = parse(outputs.read_text())
        if summary.exists():
            result.summary += summary.read_text()
    assert TOKEN not in result.log + result.summary, "the token was told"
    assert "Traceback" not in result.log, result.log
    result.outputs = {name: Scope(inputs, done).text(one["value"]) for name, one in action.get("outputs", {}).items()}
    return result


class Scope:
    """The few expressions that the action uses."""

    def __init__(self, inputs: dict[str, str], done: dict[str, dict[str, str]]) -> None:
        self.inputs, self.done = inputs, done

    def value(self, expression: str) -> Any:
        def named(match: re.Match[str]) -> str:
            kind, name, output = match["kind"], match["name"], match["output"]
            assert kind == "steps" or name in self.inputs, f"no such input: {name}"
            return repr(self.inputs[name] if kind == "inputs" else self.done.get(name, {}).get(output, ""))

        pattern = r"(?P<kind>inputs|steps)\.(?P<name>[\w-]+)(?:\.outputs\.(?P<output>[\w-]+))?"
        python = expression.strip()
        # Before values are put in, which are no part of the expression.
        for old, new in {"&&": " and ", r"\|\|": " or ", r"\btrue\b(?!')": "True", r"success\(\)": "True"}.items():
            python = re.sub(old, new, python)
        python = re.sub(pattern, named, python)
        return eval(python, {"__builtins__": {}, "format": lambda text, *values: text.format(*values)})

    def text(self, value: Any) -> str:
        return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(self.value(match[1])), str(value))


def parse(text: str) -> dict[str, str]:
    """What a runner reads in a file of outputs."""
    outputs, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        assert delimiter, f"no output: {line}"
        value = []
        for line in lines:
            if line == delimiter:
                break
            value.append(line)
        outputs[name] = "\n".join(value)
    return outputs


def default(one: dict[str, Any]) -> str:
    value = str(one.get("default", ""))
    return TOKEN if value == "${{ github.token }}" else value


def project(cameras: dict[str, str] = {}, guard: str = "") -> str:
    """A project that declares cameras with their labels."""
    text = f"""[stack]
name = "doorbells"
account_id = "111122223333"
region = "us-east-1"

[guard]
{guard}

[defaults]
role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
output.s3_destination.bucket = "results"
notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
"""
    for name, labels in cameras.items():
        stream = f"arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1574421418636"
        text += f'\n[processor.{name}]\ninput.kinesis_video_stream.arn = "{stream}"\nsettings.connected_home.labels = {labels}\n'
    return text


def plan_of(run: Run) -> bytes:
    return run.artifacts["rekon-plan"]["plan.json"]
