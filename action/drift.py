"""`drift`: one issue that is there as long as something drifted."""

import rekon
from github import Failed
from job import Job
from told import Issues, body, mine, tell
from workflow import error

CLEAN = 0


def run(job: Job) -> int:
    document = "drift.json"
    command = ["drift", job.dir, "--report", f"json={job.reports / document}", *job.arguments]
    result = rekon.run(job, *command, document=document)
    where = "" if job.dir == "." else f" in {job.dir}"
    issues = Issues(job.github, job.label, f"Stream processors drifted{where}")
    try:
        # An incomplete look, or none, says nothing of what it did not see: the issue stays as it is.
        if result.code == rekon.CHANGES:
            footer = f"<sub>By [this run]({job.run_url}). The issue is kept up to date, and closed when nothing drifts.</sub>"
            tell(job, "drift", issues, body(job, "drift", result.markdown, footer))
        elif result.code == CLEAN:
            for issue in mine(job, "drift", issues):
                issues.close(issue, "completed", f"Nothing drifts any more, says [this run]({job.run_url}).")
    except Failed as failure:
        # Nobody else would be told.
        error(f"cannot tell of drift by an issue: {failure}; the job needs `permissions: issues: write`")
        return result.code or 1
    return rekon.ending(job, result.code)
