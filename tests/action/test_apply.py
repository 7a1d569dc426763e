"""`apply`: what was reviewed and nothing else, and what may count as reviewed."""

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from github_stand_in import HEAD, MERGED, Service
from runner import ROOT, Run, Workspace, plan_of, project

ONE = {"front": '["PERSON"]'}
BOTH = {"front": '["PERSON"]', "back": '["PET"]'}


def merged(work: Workspace, service: Service, cameras: dict[str, str] = ONE) -> bytes:
    """A pull request that was planned and merged; the plan is not yet an artifact."""
    work.write("rekon.toml", project(cameras))
    planned = work.plan()
    assert planned.code == 0
    service.merge(7)
    service.comments[7].clear()
    return plan_of(planned)


def live(work: Workspace) -> dict[str, Any]:
    state = json.loads(work.rekon("snapshot", "--emulator", "--quiet").stdout)
    return {one["Name"]: one for one in state["processors"]}


def test_what_was_reviewed_is_applied_and_told(work: Workspace, service: Service) -> None:
    service.successful_run(merged(work, service))
    run = work.apply()
    assert run.code == 0, run.log
    assert list(live(work)) == ["front"]
    [comment] = service.comments[7]
    assert comment["body"].startswith("<!-- rekon:outcome stack=doorbells")
    assert run.outputs["exit-code"] == "0" and run.outputs["changes"] == "1"
    assert "outcome.json" in run.artifacts["rekon-apply"] and "report.html" in run.artifacts["rekon-apply"]
    # Again, there is nothing to do; the comment stays one.
    assert work.apply().code == 0
    assert len(service.comments[7]) == 1


def test_a_camera_that_drifted_since_is_left_alone_and_told(work: Workspace, service: Service) -> None:
    work.write("rekon.toml", project(BOTH))
    assert work.rekon("apply", "--emulator", "--auto-approve").returncode == 0
    changed = {name: '["PERSON", "PET"]' for name in BOTH}
    service.successful_run(merged(work, service, changed))
    drifted(work)
    run = work.apply()
    assert (run.code, run.outputs["exit-code"]) == (5, "5"), run.log
    [comment] = service.comments[7]
    assert "**Not all of it was applied.**" in comment["body"] and "`back`" in comment["body"]
    labels = {name: one["Settings"]["ConnectedHome"]["Labels"] for name, one in live(work).items()}
    assert sorted(labels["front"]) == ["PERSON", "PET"] and labels["back"] == ["PACKAGE"]
    assert "report.md" in run.artifacts["rekon-apply"] and any("back" in line for line in run.commands)


def drifted(work: Workspace) -> None:
    """Somebody changes a camera past rekon."""
    text = project({**BOTH, "back": '["PACKAGE"]'})
    kept = (work.folder / "rekon.toml").read_text()
    work.write("rekon.toml", text)
    assert work.rekon("apply", "--emulator", "--auto-approve").returncode == 0
    work.write("rekon.toml", kept)


@pytest.mark.parametrize(
    "changes",
    [
        {"head_sha": "d" * 40},
        {"event": "push"},
        {"event": "workflow_dispatch"},
        {"conclusion": "failure"},
        {"path": ".github/workflows/forged.yml"},
        {"head_repository": {"full_name": "stranger/cameras"}},
        {"head_repository": None},
    ],
)
def test_what_another_run_left_is_no_reviewed_plan(work: Workspace, service: Service, changes: dict[str, Any]) -> None:
    service.successful_run(merged(work, service), **changes)
    service.filters_runs = False
    run = work.apply()
    assert run.code == 3 and "nothing was reviewed" in run.log
    assert live(work) == {}
    [comment] = service.comments[7]
    assert "**Nothing was applied**" in comment["body"] and run.outputs["fingerprint"] in comment["body"]


@pytest.mark.parametrize("changes", [{"created_at": "2026-11-24T12:00:01Z"}, {"expired": True}, {"name": "rekon-plan-x"}])
def test_what_nobody_can_have_seen_is_no_reviewed_plan(work: Workspace, service: Service, changes: dict[str, Any]) -> None:
    plan = merged(work, service)
    service.artifact(service.successful_run(None), plan, **changes)
    assert work.apply().code == 3
    assert live(work) == {}


def test_the_last_successful_run_counts(work: Workspace, service: Service) -> None:
    plan = merged(work, service)
    service.successful_run(json.dumps({"not": "a plan"}).encode())
    service.successful_run(plan)
    service.successful_run(b"", conclusion="failure")
    assert work.apply().code == 0


def test_a_plan_of_a_fork_is_no_reviewed_plan(work: Workspace, service: Service) -> None:
    service.successful_run(merged(work, service))
    service.pulls[7]["head"]["repo"] = {"full_name": "stranger/cameras"}
    run = work.apply()
    assert run.code == 3 and "from a fork" in run.log and live(work) == {}


def test_a_forged_plan_applies_nothing_that_the_merged_files_do_not_say(work: Workspace, service: Service) -> None:
    forged = merged(work, service, BOTH)
    service.pulls[7] |= {"state": "open"}
    work.write("rekon.toml", project(ONE))
    service.successful_run(forged)
    run = work.apply()
    assert list(live(work)) == ["front"], run.log


def test_an_artifact_without_a_plan_or_with_an_edited_one_applies_nothing(work: Workspace, service: Service) -> None:
    plan = json.loads(merged(work, service))
    plan["changes"][0]["name"] = "other"
    service.successful_run(json.dumps(plan).encode())
    assert work.apply().code == 1
    service.artifacts[-1]["archive"] = b"no archive"
    assert work.apply().code == 3
    assert live(work) == {}


def test_without_a_pull_request_nothing_is_applied_and_nothing_to_do_is_fine(work: Workspace, service: Service) -> None:
    assert work.apply().code == 0
    work.write("rekon.toml", project(ONE))
    run = work.apply()
    assert run.code == 3 and "no merged pull request made the commit" in run.log
    assert live(work) == {} and "**1 to create" in run.summary
    # By hand, with the fingerprint that this run tells.
    by_hand = work.apply(event="workflow_dispatch", expect=run.outputs["fingerprint"])
    assert by_hand.code == 0 and list(live(work)) == ["front"], by_hand.log


@pytest.mark.parametrize("changes", [{"merge_commit_sha": "d" * 40}, {"merged_at": None}, {"base": {"ref": "other"}}])
def test_a_pull_request_that_did_not_make_the_commit_approves_nothing(
    work: Workspace, service: Service, changes: dict[str, Any]
) -> None:
    service.successful_run(merged(work, service))
    service.pulls[7] |= changes
    run = work.apply()
    assert run.code == 3 and "no merged pull request made the commit" in run.log and live(work) == {}


def test_a_pull_request_can_be_named_if_it_was_merged_here(work: Workspace, service: Service) -> None:
    service.successful_run(merged(work, service))
    service.of_commit.clear()
    for number in ["8", "x; touch pwned"]:
        service.pull(8)
        assert work.apply(event="workflow_dispatch", **{"pull-request": number}).code == 3
    assert live(work) == {}
    assert work.apply(event="workflow_dispatch", **{"pull-request": "7"}).code == 0
    assert list(live(work)) == ["front"]


def test_another_workflow_can_be_named_for_the_plan(work: Workspace, service: Service) -> None:
    service.successful_run(merged(work, service), path=".github/workflows/plan.yml@refs/heads/topic")
    assert work.apply(**{"plan-workflow": "plan.yml"}).code == 0


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "schedule", "merge_group"])
def test_what_is_not_merged_is_never_applied(work: Workspace, service: Service, event: str) -> None:
    run = work.act("apply", event, {"pull_request": service.pull(7)}, arguments="--emulator", expect="any")
    assert run.code == 1 and "apply is for what was merged" in run.log and service.requests == []


@pytest.mark.parametrize(("expect", "code"), [("any", 0), ("sha256:" + "0" * 64, 4), ("--help", 1), ("sha256:zz", 1)])
def test_what_to_expect_can_be_given(work: Workspace, service: Service, expect: str, code: int) -> None:
    work.write("rekon.toml", project(ONE))
    run = work.apply(expect=expect)
    assert run.code == code, run.log
    assert list(live(work)) == (["front"] if code == 0 else [])


def test_without_permission_to_read_runs_nothing_is_applied(work: Workspace, service: Service) -> None:
    service.successful_run(merged(work, service))
    del service.permissions["actions"]
    run = work.apply()
    assert run.code == 1 and "actions: read" in run.log and live(work) == {}


def test_what_is_deleted_is_in_the_artifact(work: Workspace, service: Service) -> None:
    work.write("rekon.toml", project(BOTH))
    assert work.rekon("apply", "--emulator", "--auto-approve").returncode == 0
    service.successful_run(merged(work, service))
    run = work.apply()
    assert run.code == 0, run.log
    kept = [name for name in run.artifacts["rekon-apply"] if name.startswith("recovery/") and name.endswith("rekon.toml")]
    assert len(kept) == 1 and b"[processor.back]" in run.artifacts["rekon-apply"][kept[0]]


def test_a_cancelled_run_stops_as_rekon_does(work: Workspace, service: Service) -> None:
    fake = work.temporary / "fake"
    fake.write_text('#!/bin/sh\ntrap "echo stopped in order; exit 143" TERM\n: > "$RUNNER_TEMP/begun"\nwhile :; do sleep 0.05; done\n')
    fake.chmod(0o755)
    process: list[subprocess.Popen[str]] = []
    real = subprocess.run

    def cancelled(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if command[0] != "bash":
            return real(command, **options)
        del options["check"], options["timeout"]
        running = subprocess.Popen(command, **options)
        process.append(running)
        while not (work.temporary / "begun").exists():
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        log, _ = running.communicate(timeout=60)
        return subprocess.CompletedProcess(command, running.returncode, log)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", cancelled)
        run = work.apply(rekon=str(fake), expect="any")
    assert run.code == 143 and "stopped in order" in run.log and run.outputs["exit-code"] == "143"
