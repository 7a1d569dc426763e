"""`apply`: what was reviewed in the pull request that was merged, and nothing else."""

import re
from pathlib import Path
from typing import Any, Optional

import rekon
from comment import comment
from github import Failed
from job import Job, Unusable
from reviewed import NotReviewed, plan_of, pull_of
from workflow import error, warning

FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")
# Of 128 letters each, they fit beside a report.
MOST_NAMES = 8
ENDINGS = {
    rekon.REFUSED: "**Refused: nothing was applied.**",
    4: "**Nothing was applied: what there is to do is not what was reviewed.** Review a new plan.",
    5: "**Not all of it was applied.** What is left needs another look.",
    6: "**Nothing was applied: not everything could be read.** Run the job again.",
}


def run(job: Job) -> int:
    if job.event_name not in ["push", "workflow_dispatch"]:
        raise Unusable(f"apply is for what was merged: on push or workflow_dispatch, and not on {job.event_name}")
    pull: Optional[dict[str, Any]] = None
    try:
        if job.pull_request or not job.expect:
            pull = pull_of(job)
        expect = given(job) if job.expect else ["--expect", str(plan_of(job, pull))]
    except NotReviewed as reason:
        return refuse(job, pull, str(reason))
    except Failed as failure:
        error(f"cannot find the plan that was reviewed: {failure}; the job needs `permissions: actions: read, pull-requests: write`")
        return 1
    keep = ["--recovery-dir", str(job.reports / "recovery"), "--report", f"json={job.reports / 'outcome.json'}"]
    command = ["apply", job.dir, "--auto-approve", *expect, *keep, *job.arguments]
    result = rekon.run(job, *command, document="outcome.json")
    notes = [ENDINGS.get(result.code, ""), left_out(result.document)]
    if pull is not None:
        comment(job, "outcome", pull, result.markdown, "\n\n".join(filter(None, notes)))
    return result.code


def left_out(document: dict[str, Any]) -> str:
    """What there was to do beside what was reviewed, by name, as far as a comment has room."""
    names = [one["name"] for one in document.get("unreviewed", [])]
    if not names:
        return ""
    warning(f"left out, since it is not what was reviewed: {', '.join(names[:MOST_NAMES])}")
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"Left out, since it is not what was reviewed: {', '.join(f'`{name}`' for name in names[:MOST_NAMES])}{more}."


def given(job: Job) -> list[str]:
    """The arguments for what the workflow itself takes for reviewed."""
    if job.expect == "any":
        return []
    if not (FINGERPRINT.fullmatch(job.expect) or Path(job.expect).is_file()):
        raise Unusable("expect is neither a saved plan, nor sha256: with 64 digits, nor `any`")
    return [f"--expect={job.expect}"]


def refuse(job: Job, pull: Optional[dict[str, Any]], reason: str) -> int:
    """Without a reviewed plan nothing is applied, which is all right where there is nothing to apply."""
    command = ["plan", job.dir, "--out", str(job.reports / "plan.json"), "--detailed-exitcode", *job.arguments]
    result = rekon.run(job, *command, document="plan.json")
    if result.code != rekon.CHANGES:
        return result.code
    fingerprint = result.document.get("fingerprint", "")
    how = f"To apply this plan after a look at it, run the workflow by hand with `expect: {fingerprint}`."
    error(f"nothing was applied, since nothing was reviewed: {reason}. {how}")
    if pull is not None:
        comment(job, "plan", pull, result.markdown, f"**Nothing was applied**, since nothing was reviewed: {reason}. {how}")
    return rekon.REFUSED
