"""`drift`: one issue as long as something drifted, and never closed by a look that did not see all."""

import json

import pytest

from github_stand_in import BOT, Service
from runner import Workspace, project

CAMERAS = {"front": '["PERSON"]', "back": '["PET"]'}


@pytest.fixture
def fleet(work: Workspace) -> Workspace:
    """A fleet in line with its files."""
    work.write("rekon.toml", project(CAMERAS))
    assert work.rekon("apply", "--emulator", "--auto-approve").returncode == 0
    return work


def snapshot(work: Workspace, changes: dict[str, list[str]] = {}, complete: bool = True) -> str:
    """What lives, with other labels."""
    state = json.loads(work.rekon("snapshot", "--emulator", "--quiet").stdout)
    state["complete"] = complete
    for one in state["processors"]:
        one["Settings"]["ConnectedHome"]["Labels"] = changes.get(one["Name"], one["Settings"]["ConnectedHome"]["Labels"])
    work.write("live.json", json.dumps(state))
    return "--live live.json"


def open_issues(service: Service) -> list[dict]:
    return [one for one in service.issues if one["state"] == "open"]


def test_one_issue_is_opened_kept_up_to_date_and_closed(fleet: Workspace, service: Service) -> None:
    assert fleet.drift(snapshot(fleet)).code == 0
    assert service.issues == [] and service.labels == set()

    run = fleet.drift(snapshot(fleet, {"front": ["PET"]}))
    assert (run.code, run.outputs["exit-code"], run.outputs["changes"]) == (0, "2", "1"), run.log
    [issue] = service.issues
    assert issue["title"] == "Stream processors drifted" and issue["labels"] == [{"name": "rekon-drift"}]
    assert issue["body"].startswith("<!-- rekon:drift stack=doorbells") and "`front`" in issue["body"]
    assert "report.html" in run.artifacts["rekon-drift"] and "`front`" in run.summary

    assert fleet.drift(snapshot(fleet, {"front": ["PET"], "back": ["PERSON"]})).code == 0
    assert len(service.issues) == 1 and "`back`" in issue["body"]

    incomplete = fleet.drift(snapshot(fleet, complete=False))
    assert incomplete.code == 6 and issue["state"] == "open" and "`back`" in issue["body"]

    assert fleet.drift(snapshot(fleet)).code == 0
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    [words] = service.comments[issue["number"]]
    assert "Nothing drifts any more" in words["body"]

    assert fleet.drift(snapshot(fleet, {"front": ["PET"]})).code == 0
    assert len(service.issues) == 2 and len(open_issues(service)) == 1


def test_a_broken_project_leaves_the_issue_open(fleet: Workspace, service: Service) -> None:
    fleet.drift(snapshot(fleet, {"front": ["PET"]}))
    fleet.write("rekon.toml", "x =")
    assert fleet.drift("--live live.json").code == 1
    assert len(open_issues(service)) == 1


def test_drift_fails_the_job_where_asked(fleet: Workspace) -> None:
    assert fleet.drift(snapshot(fleet, {"front": ["PET"]}), **{"fail-on-changes": "true"}).code == 2


def test_only_the_bots_own_issue_is_touched_wherever_it_is(fleet: Workspace, service: Service) -> None:
    drifting = snapshot(fleet, {"front": ["PET"]})
    fleet.drift(drifting)
    [mine] = service.issues
    service.issues.clear()
    foreign = service.issue(mine["body"], login="mallory")
    pull = service.issue(mine["body"], pull_request={})
    for number in range(150):
        service.issue("something else", login=BOT)
    service.issues.append(mine)
    fleet.drift(drifting)
    assert len(service.issues) == 153 and "run=502.1" in mine["body"]
    fleet.drift(snapshot(fleet))
    assert (mine["state"], foreign["state"], pull["state"]) == ("closed", "open", "open")


def test_two_issues_of_two_runs_become_one(fleet: Workspace, service: Service) -> None:
    drifting = snapshot(fleet, {"front": ["PET"]})
    fleet.drift(drifting)
    service.issue(service.issues[0]["body"])
    fleet.drift(drifting)
    assert [one["state"] for one in service.issues] == ["open", "closed"]


def test_two_projects_have_an_issue_each(fleet: Workspace, service: Service) -> None:
    drifting = snapshot(fleet, {"front": ["PET"]})
    fleet.write("depot/rekon.toml", project(CAMERAS))
    fleet.drift(drifting)
    fleet.drift(drifting, dir="depot")
    assert [one["title"] for one in service.issues] == ["Stream processors drifted", "Stream processors drifted in depot"]
    fleet.drift(snapshot(fleet))
    assert [one["state"] for one in service.issues] == ["closed", "open"]


def test_drift_that_nobody_can_be_told_of_fails_the_job(fleet: Workspace, service: Service) -> None:
    service.permissions = {}
    run = fleet.drift(snapshot(fleet, {"front": ["PET"]}))
    assert run.code == 2 and "issues: write" in run.log
    assert fleet.drift(snapshot(fleet)).code == 1
