"""Running rekon, with reports in every format that somebody looks at."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job import Job, Unusable
from workflow import annotate, obeying_nothing, output, summary

CHANGES = 2
REFUSED = 3
# A comment has 65,536 characters, and says more than the report.
COMMENT_BYTES = 64_000


@dataclass
class Result:
    code: int
    # The report for a comment, empty where there is none.
    markdown: str
    document: dict[str, Any]


def run(job: Job, *command: str, document: str) -> Result:
    """Runs a command, tells the job of it, and returns what there is to tell others.

    `document` names the JSON that it leaves among the reports.
    """
    markdown, annotations = job.reports / "report.md", Path(f"{job.reports}.annotations")
    reports = [f"markdown={markdown}", f"html={job.reports / 'report.html'}", f"github={annotations}"]
    options = [option for report in reports for option in ["--report", report]]
    code = call(job, *command, *options, "--max-bytes", str(COMMENT_BYTES))
    annotate(annotations)
    result = Result(code, read(markdown), json.loads(read(job.reports / document) or "{}"))
    summary(result.markdown or f"rekon ended with {code}, and without a report; the log says why.")
    output("exit-code", str(code))
    output("fingerprint", str(result.document.get("fingerprint", "")))
    output("changes", str(count(result.document)))
    return result


def call(job: Job, *arguments: str) -> int:
    """Runs rekon to its end; a signal is passed on, since rekon knows how to stop."""
    secret = "REKON_ACTION_TOKEN"
    environment = {name: value for name, value in os.environ.items() if name != secret}
    with obeying_nothing():
        try:
            process = subprocess.Popen([job.program, *arguments], env=environment, stdin=subprocess.DEVNULL)
        except OSError as reason:
            raise Unusable(f"cannot run rekon: {reason}") from reason
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
            signal.signal(number, lambda number, _: process.send_signal(number))
        code = process.wait()
    return code if code >= 0 else 128 - code


def count(document: dict[str, Any]) -> int:
    """Of how many processors a plan, an outcome or a look for drift tells."""
    told = document.get("changes") or document.get("processors") or document.get("findings") or []
    return len({one["name"] for one in told})


def ending(job: Job, code: int) -> int:
    """What the job ends with: changes are none of its business, unless it is asked to mind."""
    return 0 if code == CHANGES and not job.fails_on_changes else code


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
