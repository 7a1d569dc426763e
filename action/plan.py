"""`plan`: what a pull request would do, told where it is reviewed."""

import os
import subprocess
from typing import Optional

import rekon
from comment import comment
from job import HEX, Job, Unusable
from workflow import notice, output

# What the AWS SDK finds credentials by, on a runner.
CREDENTIALS = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
]
# Arguments that say what to compare with, and need no credentials of the environment.
SERVICES = ("--emulator", "--live", "--profile")
# Of a plan's arguments, those that comparing files takes as well; whether a value follows.
OF_DIFF = {
    "--only": True,
    "--exclude": True,
    "--tag": True,
    "--allow-deletes": True,
    "--allow-replacements": True,
    "--allow-updates": True,
    "--allow-creates": True,
    "--deny-warnings": False,
    "--verbose": False,
}


def run(job: Job) -> int:
    if job.event_name in ["pull_request_target", "workflow_run", "issue_comment"]:
        raise Unusable(
            f"{job.event_name} runs with the repository's secrets, and a plan reads files that a stranger "
            "may have written. Use pull_request: from a fork, the plan is then made of the files alone"
        )
    saved = job.reports / "plan.json"
    offline = why_offline(job)
    if offline:
        notice(f"compared with the files of the base, and not with what lives: {offline}")
        command = ["diff", between(job), "--project", job.dir, "--report", f"json={saved}", *of_diff(job.arguments)]
    else:
        command = ["plan", job.dir, "--out", str(saved), *job.arguments]
    result = rekon.run(job, *command, "--detailed-exitcode", document="plan.json")
    output("plan", str(saved) if saved.exists() else "")
    if job.is_from_fork:
        notice("a run for a fork has no token to comment with: the plan is in the summary of the run")
    elif job.pull is not None:
        comment(job, "plan", job.pull, result.markdown, only_open=True)
    return rekon.ending(job, result.code)


def why_offline(job: Job) -> Optional[str]:
    """Why a plan has to do without the service, if it has to."""
    if job.against == "files":
        return "the workflow says so"
    if job.is_from_fork:
        return "the pull request is from a fork"
    has_service = any(argument.split("=")[0] in SERVICES for argument in job.arguments)
    if job.against == "service" or has_service or any(os.environ.get(name) for name in CREDENTIALS):
        return None
    if job.pull is None:
        return None
    return "the job has no credentials"


def of_diff(arguments: list[str]) -> list[str]:
    taken, rest = [], iter(arguments)
    for argument in rest:
        name, _, value = argument.partition("=")
        if name in OF_DIFF:
            taken.append(argument)
            if OF_DIFF[name] and not value:
                taken.append(next(rest, ""))
    return taken


def between(job: Job) -> str:
    """The revisions to compare: what the pull request does to its base."""
    pull = job.pull
    if pull is None:
        raise Unusable("only a pull request says what its files are to be compared with")
    base, head = (str(pull[side].get("sha")) for side in ["base", "head"])
    if not (HEX.fullmatch(base) and HEX.fullmatch(head)):
        raise Unusable("the event names no commits to compare")
    # What GitHub checks out is the merge of both, made of a base that may be newer than the event's.
    parents = git("rev-list", "--parents", "--max-count=1", "HEAD").split()[1:]
    if len(parents) == 2 and parents[1] == head and git("cat-file", "-t", parents[0]) == "commit":
        return f"{parents[0]}..HEAD"
    if git("cat-file", "-t", base) != "commit":
        git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", base)
    if git("cat-file", "-t", base) != "commit":
        raise Unusable("the base of the pull request is not there: give actions/checkout `fetch-depth: 2`")
    return f"{base}...HEAD" if git("merge-base", base, "HEAD") else f"{base}..HEAD"


def git(*arguments: str) -> str:
    """What git prints; nothing, where it fails."""
    done = subprocess.run(["git", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
