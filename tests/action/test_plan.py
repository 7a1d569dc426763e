"""`plan`: what reviewers are told, where, and what decides about the check."""

import json
import threading
from pathlib import Path

import pytest

from github_stand_in import BOT, HEAD, LONGEST_BODY, Service
from runner import HOSTILE, REKON, Workspace, plan_of, project

ONE = {"front": '["PERSON"]'}
OTHER = {"front": '["PERSON", "PET"]'}


def bodies(service: Service, number: int = 7) -> list[str]:
    return [one["body"] for one in service.comments[number]]


def test_the_first_run_comments_and_the_second_updates_that_comment(work: Workspace, service: Service) -> None:
    work.write("rekon.toml", project(ONE))
    first = work.plan()
    assert first.code == 0, first.log
    [body] = bodies(service)
    lines = body.splitlines()
    assert lines[0] == "<!-- rekon:plan stack=doorbells account=111122223333 region=us-east-1 -->"
    assert lines[1] == "<!-- rekon:action project=. run=501.1 -->"
    assert "**1 to create" in body and "https://github.example/example/cameras/actions/runs/501" in body
    assert "**1 to create" in first.summary
    assert any(line.startswith("::notice file=rekon.toml,line=") for line in first.commands), first.log
    document = json.loads(plan_of(first))
    assert first.outputs["fingerprint"] == document["fingerprint"]
    assert (first.outputs["changes"], first.outputs["exit-code"]) == ("1", "2")
    assert json.loads(Path(first.outputs["plan"]).read_text()) == document
    assert b"<html" in first.artifacts["rekon-plan"]["report.html"]

    work.write("rekon.toml", project({**ONE, "back": '["PET"]'}))
    assert work.plan().code == 0
    [again] = bodies(service)
    assert "**2 to create" in again and service.count("POST", "comments") == 1


def test_only_what_this_bot_told_of_this_project_is_edited(work: Workspace, service: Service) -> None:
    work.plan()
    [mine] = bodies(service)
    service.comments[7].clear()
    service.comment(7, mine, login="mallory")
    service.comment(7, mine.replace("rekon:plan", "rekon:outcome"))
    service.comment(7, mine.replace("project=.", "project=other"))
    service.comment(7, f"quoted: {mine}")
    before = bodies(service)
    assert work.plan().code == 0
    assert bodies(service)[:4] == before and len(bodies(service)) == 5


def test_a_comment_is_found_on_the_last_page(work: Workspace, service: Service) -> None:
    work.plan()
    [mine] = service.comments[7]
    service.comments[7] = [{"id": n, "body": "hello", "user": {"login": "a"}} for n in range(250)] + [mine]
    assert work.plan().code == 0
    assert len(service.comments[7]) == 251 and "run=502.1" in mine["body"]
    assert service.count("POST", "comments") == 1


def test_a_next_page_elsewhere_is_not_asked_for(work: Workspace, service: Service) -> None:
    service.pull(7)
    service.fail("GET .*/comments", 200, {"Link": f'<http://127.0.0.1:{service.blobs.server_port}/evil>; rel="next"'})
    run = work.plan()
    assert run.code == 0 and "::warning title=rekon::cannot comment" in run.log


def test_two_projects_have_a_comment_and_an_artifact_each(work: Workspace, service: Service) -> None:
    work.write("depot -/rekon.toml", project(ONE))
    first, second = work.plan(), work.plan(dir="depot -")
    assert (first.code, second.code) == (0, 0)
    assert len(bodies(service)) == 2 and "project=depot%20%2D " in bodies(service)[1]
    [name] = second.artifacts
    assert name.startswith("rekon-plan-depot---") and list(first.artifacts) == ["rekon-plan"]


def test_a_broken_file_is_told_in_the_same_comment_and_fails_the_check(work: Workspace, service: Service) -> None:
    work.plan()
    work.write("rekon.toml", project(ONE) + "x =\n")
    run = work.plan()
    assert run.code == 1
    [body] = bodies(service)
    assert "`syntax`" in body and "`syntax`" in run.summary
    assert any(line.startswith("::error file=rekon.toml,line=") for line in run.commands)
    assert run.outputs["plan"] == run.outputs["fingerprint"] == "" and "plan.json" not in run.artifacts["rekon-plan"]
    work.write("rekon.toml", project(ONE))
    assert work.plan().code == 0
    [body] = bodies(service)
    assert "**1 to create" in body


@pytest.mark.parametrize(("asked", "code"), [("false", 0), ("true", 2)])
def test_changes_fail_the_check_where_asked(work: Workspace, asked: str, code: int) -> None:
    work.write("rekon.toml", project(ONE))
    run = work.plan(**{"fail-on-changes": asked})
    assert (run.code, run.outputs["exit-code"]) == (code, "2")


def test_a_refusal_fails_the_check_and_is_told(work: Workspace, service: Service) -> None:
    work.write("rekon.toml", project(ONE, guard="max_creates = 0"))
    run = work.plan()
    assert (run.code, run.outputs["exit-code"]) == (3, "3")
    assert "guard-creates" in bodies(service)[0] and any("guard-creates" in line for line in run.commands)
    assert work.plan(arguments="--emulator --allow-creates 1").code == 0


def test_an_incomplete_look_fails_the_check(work: Workspace, service: Service) -> None:
    work.write("live.json", json.dumps({"complete": False, "problems": [], "processors": []}))
    work.write("rekon.toml", project(ONE))
    run = work.plan(arguments="--live live.json")
    assert (run.code, run.outputs["exit-code"]) == (6, "6")
    assert len(bodies(service)) == 1


def test_a_fork_is_compared_with_its_base_and_nothing_is_asked_of_the_api(work: Workspace, service: Service) -> None:
    pull = service.pull(7)
    pull["base"]["sha"] = work.git("rev-parse", "HEAD")
    work.git("switch", "--quiet", "--create", "topic")
    work.write("rekon.toml", project(ONE))
    pull["head"]["sha"] = work.commit("topic")
    work.git("switch", "--quiet", "main")
    work.write("unrelated", "")
    work.commit("main moves on")
    work.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    run = work.plan(fork=True, arguments="--emulator --allow-creates 1 --drift keep --only front")
    assert run.code == 0, run.log
    assert "**1 to create" in run.summary and "compared with the files of the base" in run.log
    assert any(line.startswith("::notice file=rekon.toml") for line in run.commands)
    assert service.requests == [] and run.outputs["changes"] == "1"
    assert "report.html" in run.artifacts["rekon-plan"]


def test_without_credentials_the_files_are_compared_and_the_comment_says_so(work: Workspace, service: Service) -> None:
    pull = service.pull(7)
    pull["base"]["sha"] = work.git("rev-parse", "HEAD")
    work.write("rekon.toml", project(ONE))
    work.commit("topic")
    run = work.plan(arguments="")
    assert run.code == 0, run.log
    assert "Compared with" in bodies(service)[0]
    # A shallow clone fetches its base.
    shallow = work.folder.parent / "shallow"
    work.git("clone", "--quiet", "--depth=1", f"file://{work.folder}", str(shallow))
    work.folder = shallow
    run = work.plan(arguments="")
    assert run.code == 0, run.log


def test_with_credentials_the_service_is_asked(work: Workspace, service: Service) -> None:
    work.environment = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    run = work.plan(arguments="--endpoint-url http://127.0.0.1:1")
    assert run.code in [1, 6] and "compared with the files" not in run.log


def test_a_job_without_permission_to_comment_says_which_and_goes_on(work: Workspace, service: Service) -> None:
    service.permissions = {}
    run = work.plan()
    assert run.code == 0
    assert "::warning title=rekon::cannot comment on pull request 7" in run.log and "pull-requests: write" in run.log


def test_a_closed_pull_request_is_not_told(work: Workspace, service: Service) -> None:
    service.pull(7, state="closed")
    assert work.plan().code == 0
    assert bodies(service) == []


def test_comments_can_be_left_out(work: Workspace, service: Service) -> None:
    assert work.plan(comment="false").code == 0
    assert service.requests == []


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment"])
def test_a_run_that_holds_secrets_plans_nothing_of_a_stranger(work: Workspace, service: Service, event: str) -> None:
    run = work.act("plan", event, {"pull_request": service.pull(7)}, arguments="--emulator")
    assert run.code == 1 and "Use pull_request" in run.log and service.requests == []


def test_limits_and_outages_are_waited_for(work: Workspace, service: Service) -> None:
    service.fail("GET .*/comments", 502)
    service.fail("POST .*/comments", 403, {"Retry-After": "1"})
    service.fail("GET .*/pulls/7", 429, {"Retry-After": "0"})
    service.fail("POST /graphql", 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"})
    assert work.plan().code == 0
    assert len(bodies(service)) == 1 and not service.faults


def test_a_limit_that_takes_an_hour_is_not_waited_for(work: Workspace, service: Service) -> None:
    service.fail("POST /graphql", 403, {"Retry-After": "3600"})
    run = work.plan()
    assert run.code == 0 and "too long to wait for" in run.log


@pytest.mark.parametrize("acts", [True, False])
def test_a_lost_answer_makes_no_second_comment(work: Workspace, service: Service, acts: bool) -> None:
    service.pull(7)
    service.fail("POST .*/comments", 502, acts=acts)
    assert work.plan().code == 0
    assert len(bodies(service)) == 1
    assert service.count("POST", "comments") == (1 if acts else 2)


def test_two_runs_at_once_leave_one_comment(work: Workspace, service: Service, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Workspace(tmp_path / "other", service)
    other.run_id = 600
    service.pull(7)
    both = threading.Barrier(2, timeout=60)

    def hook(method: str, path: str) -> None:
        # Neither creates before both have found nothing.
        if (method, path[-9:]) == ("POST", "/comments"):
            both.wait()

    service.hook = hook
    runs = [threading.Thread(target=runner.plan) for runner in [work, other]]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert service.count("POST", "comments") == 2
    assert len(bodies(service)) == 1


def test_an_older_run_leaves_what_a_newer_one_said(work: Workspace, service: Service) -> None:
    work.plan()
    work.run_id = 100
    work.write("rekon.toml", project(ONE))
    assert work.plan().code == 0
    [body] = bodies(service)
    assert "run=501.1" in body and "**1 to create" not in body


def test_a_huge_plan_fits_the_comment_and_the_summary(work: Workspace, service: Service) -> None:
    work.write("rekon.toml", project({f"camera-{number:04}": f'["PERSON"]\nsettings.connected_home.min_confidence = {number / 100 + 1}' for number in range(3000)}))
    run = work.plan()
    assert run.code == 0
    [body] = bodies(service)
    assert 30_000 < len(body) <= LONGEST_BODY and len(run.summary.encode()) < 1024 * 1024
    assert body.startswith("<!-- rekon:plan") and body.rstrip().endswith("</sub>")
    assert "**3000 to create" in body.replace(",", "")
    assert sum(line.startswith("::notice") for line in run.commands) <= 12


def test_hostile_names_and_branches_are_mere_text(work: Workspace, service: Service) -> None:
    pull = service.pull(7)
    pull |= {"title": HOSTILE, "body": HOSTILE}
    pull["head"]["ref"] = HOSTILE
    tags = json.dumps(HOSTILE[:40])
    work.write("rekon.toml", project(ONE) + f'tags = {{ "::error::x" = {tags}, "@everyone" = "[a](http://b)" }}\n')
    run = work.plan()
    assert run.code in [0, 1], run.log
    assert not list(work.folder.rglob("pwned"))
    assert all(line.startswith(("::notice ", "::warning ", "::error ")) for line in run.commands), run.commands
    assert not any("pwned" in line and line.startswith("::error::") for line in run.commands)
    [body] = bodies(service)
    outside = [part for index, part in enumerate(body.split("`")) if index % 2 == 0]
    assert "@everyone" not in "".join(outside)
    work.write("d;$(touch pwned)/rekon.toml", project(ONE))
    assert work.plan(dir="d;$(touch pwned)").code == 0
    assert work.plan(arguments="--emulator --only '$(touch pwned)'").code == 1
    assert not list(work.folder.rglob("pwned"))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"mode": "destroy"}, "mode is"),
        ({"against": "moon"}, "against is"),
        ({"arguments": "'"}, "arguments cannot be split"),
        ({"rekon": "/nowhere/rekon"}, "cannot run rekon"),
        ({"fail-on-changes": "yes"}, "fail-on-changes is"),
    ],
)
def test_inputs_that_mean_nothing_are_errors(work: Workspace, service: Service, inputs: dict[str, str], said: str) -> None:
    mode = inputs.pop("mode", "plan")
    run = work.act(mode, "pull_request", {"pull_request": service.pull(7)}, **{"arguments": "--emulator", **inputs})
    assert run.code == 1 and f"::error title=rekon::{said}" in run.log


def test_what_rekon_prints_is_no_command_and_no_output(work: Workspace, service: Service) -> None:
    """Also of a program that is not careful itself."""
    fake = work.temporary / "fake"
    plan = {"fingerprint": "x\nplan=/etc/passwd\nplan<<end\n/etc/passwd\nend", "changes": []}
    fake.write_text(
        "#!/bin/sh\n"
        "printf '::set-output name=plan::/etc/passwd\\n  ::error::x\\n##[error]x\\r::warning::y\\n'\n"
        'env > "$RUNNER_TEMP/seen"\n'
        f"while [ $# -gt 0 ]; do case $1 in --out) printf '%s' '{json.dumps(plan)}' > \"$2\";;"
        " github=*) printf '::notice::fine\\n::add-mask::x\\n  ::error::x\\n' > \"${1#github=}\";; esac; shift; done\n"
    )
    fake.chmod(0o755)
    run = work.plan(rekon=str(fake))
    assert run.code == 0, run.log
    assert [line for line in run.commands if "rekon" not in line] == ["::notice::fine"]
    assert run.outputs["plan"].endswith("plan.json") and "/etc/passwd" in run.outputs["fingerprint"]
    assert "ghs_" not in (work.temporary / "seen").read_text()
    assert "ended before it had a report" in bodies(service)[0]
