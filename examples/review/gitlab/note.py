"""Keeps one note on a merge request up to date: python3 note.py plan.md

It is found by the first line that rekon writes, and by its author: nobody else's note is touched. The token
comes from REKON_GITLAB_TOKEN, a masked variable with a project access token of scope `api`; a job's own
token may not write notes. Where it is missing, as for a fork, nothing is told.
"""

import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any, Iterator

MARKER = re.compile(r"<!-- rekon:plan(?: [^<>]*)? -->")


class Unredirected(urllib.request.HTTPRedirectHandler):
    """Follows nothing, since that would take the token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(Unredirected)


def ask(method: str, path: str, body: Any = None) -> tuple[Any, str]:
    """The answer, and the number of the next page."""
    headers = {"PRIVATE-TOKEN": os.environ["REKON_GITLAB_TOKEN"], "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{os.environ['CI_API_V4_URL']}/{path}", data, headers, method=method)
    with OPENER.open(request, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text else None, answer.headers.get("X-Next-Page") or ""


def listed(notes: str) -> Iterator[dict[str, Any]]:
    page = "1"
    while page:
        found, page = ask("GET", f"{notes}?per_page=100&sort=asc&page={page}")
        yield from found


def main(file: str) -> None:
    if not os.environ.get("REKON_GITLAB_TOKEN"):
        return print("REKON_GITLAB_TOKEN is not set: the merge request is not told, and the plan is an artifact")
    text = Path(file).read_text(encoding="utf-8")
    marker = text.split("\n", 1)[0]
    if not MARKER.fullmatch(marker):
        sys.exit(f"{file} is no comment that rekon wrote")
    notes = f"projects/{int(os.environ['CI_PROJECT_ID'])}/merge_requests/{int(os.environ['CI_MERGE_REQUEST_IID'])}/notes"
    me = ask("GET", "user")[0]["id"]

    def mine() -> list[int]:
        return sorted(
            note["id"] for note in listed(notes) if note["author"]["id"] == me and note["body"].split("\n", 1)[0].rstrip() == marker
        )

    body = {"body": f"{text.rstrip()}\n\n[The whole report]({os.environ['CI_JOB_URL']}) is an artifact of this job.\n"}
    told = mine()
    if not told:
        ask("POST", notes, body)
        # Another job may have found none either; the older note stays.
        told = mine()
    for note in told[:1]:
        ask("PUT", f"{notes}/{note}", body)
    for note in told[1:]:
        ask("DELETE", f"{notes}/{note}")


if __name__ == "__main__":
    main(sys.argv[1])
