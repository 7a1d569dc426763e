"""The comment on a pull request. A job never fails for want of it."""

from typing import Any

from github import Failed
from job import Job
from told import Comments, body, tell
from workflow import notice, warning


def comment(job: Job, kind: str, pull: dict[str, Any], report: str, note: str = "", only_open: bool = False) -> None:
    if not job.comments:
        return
    number = int(pull["number"])
    footer = f"<sub>By [this run]({job.run_url}), which has the whole report, for {job.sha[:12]}.</sub>"
    text = body(job, kind, report, f"{note}\n\n{footer}" if note else footer)
    try:
        if only_open and job.github.get(f"pulls/{number}")["state"] != "open":
            return notice(f"pull request {number} is closed, and is not told")
        tell(job, kind, Comments(job.github, number), text)
    except Failed as failure:
        hint = "; the job needs `permissions: pull-requests: write`" if failure.status in [401, 403, 404] else ""
        warning(f"cannot comment on pull request {number}: {failure}{hint}")
