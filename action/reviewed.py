"""The plan that was reviewed in a pull request.

It is the artifact of the last successful run of the planning workflow at the very commit that was merged.
A comment is no proof, since whoever may write can edit it. An artifact cannot be edited, is of a run, and
the run is of a commit: whoever wants to forge one has to push a workflow that does, into the pull request
that is reviewed. And what is forged only narrows: apply plans anew, from the files that were merged.
"""

import io
import zipfile
from pathlib import Path
from typing import Any, Optional

from github import LARGEST_DOWNLOAD, Failed
from job import HEX, Job

MEMBER = "plan.json"


class NotReviewed(Exception):
    """There is no plan that can be taken for reviewed."""


def pull_of(job: Job) -> Optional[dict[str, Any]]:
    """The merged pull request that is applied: the one named, or else the one that made the commit."""
    if job.pull_request:
        if not job.pull_request.isdigit():
            raise NotReviewed(f"{job.pull_request!r} is no number of a pull request")
        pull = job.github.get(f"pulls/{job.pull_request}")
        if not pull.get("merged_at") or pull["base"]["ref"] != job.branch:
            raise NotReviewed(f"pull request {job.pull_request} is not merged into {job.branch}")
        return pull
    for pull in job.github.pages(f"commits/{job.sha}/pulls"):
        if pull.get("merged_at") and pull["base"]["ref"] == job.branch and pull.get("merge_commit_sha") == job.sha:
            return pull
    return None


def plan_of(job: Job, pull: Optional[dict[str, Any]]) -> Path:
    """The reviewed plan of a pull request, as a file."""
    if pull is None:
        raise NotReviewed(f"no merged pull request made the commit {job.sha[:12]}")
    number, head = pull["number"], pull["head"]
    if (head.get("repo") or {}).get("full_name") != job.repository:
        raise NotReviewed(f"pull request {number} is from a fork, whose runs prove nothing and see no service")
    sha = str(head["sha"])
    if not HEX.fullmatch(sha):
        raise NotReviewed(f"pull request {number} names no commit")
    workflow = f".github/workflows/{job.plan_workflow}" if job.plan_workflow else job.workflow
    runs = job.github.pages("actions/runs", "workflow_runs", head_sha=sha, event="pull_request", status="success")
    for run in sorted(runs, key=lambda run: (run["id"], run["run_attempt"]), reverse=True):
        if not proves(job, run, sha, workflow):
            continue
        name = job.artifact("plan")
        for artifact in job.github.pages(f"actions/runs/{run['id']}/artifacts", "artifacts", name=name):
            # Times are of one form, so that they compare as texts.
            was_there = artifact["created_at"] <= pull["merged_at"]
            if artifact["name"] == name and not artifact["expired"] and was_there:
                return saved(job, job.github.download(f"actions/artifacts/{artifact['id']}/zip"))
    raise NotReviewed(
        f"no successful run of {workflow} at {sha[:12]}, the commit of pull request {number} that was merged, "
        "left a plan before that"
    )


def proves(job: Job, run: dict[str, Any], sha: str, workflow: str) -> bool:
    """Whether a run is what a query asked for; whatever was asked, the answer is looked at."""
    return (
        run["head_sha"] == sha
        and run["event"] == "pull_request"
        and run["conclusion"] == "success"
        and run["path"].split("@")[0] == workflow
        and (run.get("head_repository") or {}).get("full_name") == job.repository
    )


def saved(job: Job, archive: bytes) -> Path:
    """The plan of an artifact; nothing else in it is looked at, wherever it says that it belongs."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as members:
            if members.getinfo(MEMBER).file_size > LARGEST_DOWNLOAD:
                raise Failed("the reviewed plan is too large")
            text = members.read(MEMBER)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, EOFError) as reason:
        raise NotReviewed(f"the artifact of the reviewed plan holds none: {reason}") from reason
    file = job.reports / "reviewed.json"
    file.write_bytes(text)
    return file
