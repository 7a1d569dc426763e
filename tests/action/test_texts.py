"""What action.yml and the examples say: nothing a stranger wrote reaches a script, and all that is named is there."""

import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from runner import ACTION, REKON, ROOT, Scope, Workspace, steps

WORKFLOWS = sorted((ROOT / "examples").rglob("github*/**/*.yml"))
SETTING = re.compile(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"")


def scripts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "run" and isinstance(value, str):
                yield value
            yield from scripts(value)
    elif isinstance(node, list):
        for one in node:
            yield from scripts(one)


def used(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "uses" in node:
            yield node
        for value in node.values():
            yield from used(value)
    elif isinstance(node, list):
        for one in node:
            yield from used(one)


def test_there_are_workflows() -> None:
    assert len(WORKFLOWS) >= 2


@pytest.mark.parametrize("file", [ROOT / "action.yml", *WORKFLOWS], ids=lambda file: file.name)
def test_no_expression_reaches_a_script(file: Path) -> None:
    for script in scripts(yaml.safe_load(file.read_text())):
        assert "${{" not in script, f"{file}: {script}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_ask_for_little_and_use_what_is_there(file: Path) -> None:
    text = file.read_text()
    workflow = yaml.safe_load(text)
    assert "pull_request_target" not in workflow[True]
    assert workflow["permissions"] == {} or all(level == "read" for name, level in workflow["permissions"].items() if name != "id-token")
    for step in used(workflow):
        if "rekon@" in step["uses"]:
            assert set(step.get("with", {})) <= set(ACTION["inputs"])
        else:
            assert re.fullmatch(r"(actions|aws-actions)/[\w-]+(/\w+)?@(v\d+|[0-9a-f]{40})", step["uses"])
    assert not re.search(r"\$\{\{[^}]*(title|body|head_ref|head\.ref|head\.label)\b", text)


def test_the_action_reads_the_inputs_that_it_has_and_no_other() -> None:
    [step] = [step for step in ACTION["runs"]["steps"] if step.get("id") == "rekon"]
    environment = " ".join(step["env"].values())
    named = set(re.findall(r"inputs\.([\w-]+)", environment))
    assert named == set(ACTION["inputs"])
    sources = "".join(file.read_text() for file in (ROOT / "action").glob("*.py"))
    read = {f"REKON_ACTION_{name.upper()}" for name in re.findall(r'(?:given|one_of)\("(\w+)"', sources)}
    assert read == set(step["env"]) - {"MODE"}


def test_every_step_has_a_shell_and_every_output_a_step() -> None:
    ids = {step.get("id") for step in ACTION["runs"]["steps"]}
    for step in ACTION["runs"]["steps"]:
        assert "uses" in step or step["shell"] == "bash"
    for output in ACTION["outputs"].values():
        assert re.search(r"steps\.([\w-]+)", output["value"])[1] in ids


def test_the_program_is_built_once_for_each_state_of_its_source(work: Workspace, tmp_path: Path) -> None:
    """With the cache full, the step that runs it is given what the cache holds."""
    binary = work.temporary / "rekon/bin"
    binary.mkdir(parents=True)
    (binary / "rekon").symlink_to(REKON)
    assert work.plan(rekon="").code == 0
    source = tmp_path / "source"
    keys = []
    for text in ["a", "b", "b"]:
        (source / "src/deep").mkdir(parents=True, exist_ok=True)
        (source / "src/deep/main.rs").write_text(text)
        for name in ["Cargo.toml", "Cargo.lock"]:
            (source / name).write_text("")
        build = ACTION | {"runs": {"steps": ACTION["runs"]["steps"][:1]}, "outputs": {"key": {"value": "${{ steps.build.outputs.key }}"}}}
        build["runs"]["steps"][0]["run"] = ACTION["runs"]["steps"][0]["run"].replace("$GITHUB_ACTION_PATH", str(ROOT))
        job = {"PATH": "/usr/bin:/bin", "GITHUB_ACTION_PATH": str(source), "RUNNER_TEMP": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        keys.append(steps(build, {"rekon": ""}, job, work.folder).outputs["key"])
    assert keys[0] != keys[1] == keys[2] and re.fullmatch(r"rekon-.*-[0-9a-f]{64}", keys[0])


def test_the_hook_for_pre_commit_runs_what_the_program_has() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["language"] == "rust" and hook["pass_filenames"] is False
    assert hook["entry"] == "rekon validate"
    assert re.search(hook["files"], "cameras/rekon.toml") and not re.search(hook["files"], "main.rs")
