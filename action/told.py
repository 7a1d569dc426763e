"""One comment on a pull request, one issue about drift: made once, then kept up to date.

What was told before is found by two lines that do not show. The first is rekon's own and says what it is
about; the second is the action's, and says for which project and by which run. Nothing that somebody else
wrote is ever touched, whatever lines it has.
"""

import re
from typing import Any, Iterator, Protocol
from urllib.parse import quote

from github import Failed, GitHub, Unknown
from job import Job

LOOKS = 3


class Place(Protocol):
    """Where something is told."""

    def found(self) -> Iterator[dict[str, Any]]: ...
    def make(self, body: str) -> None: ...
    def change(self, thing: dict[str, Any], body: str) -> None: ...
    def remove(self, thing: dict[str, Any]) -> None: ...


class Comments:
    """Those on a pull request."""

    def __init__(self, github: GitHub, number: int) -> None:
        self.github, self.path = github, f"issues/{number}/comments"

    def found(self) -> Iterator[dict[str, Any]]:
        return self.github.pages(self.path)

    def make(self, body: str) -> None:
        self.github.post(self.path, {"body": body})

    def change(self, thing: dict[str, Any], body: str) -> None:
        self.github.patch(f"issues/comments/{thing['id']}", {"body": body})

    def remove(self, thing: dict[str, Any]) -> None:
        self.github.delete(f"issues/comments/{thing['id']}")


class Issues:
    """The open ones that have the label."""

    def __init__(self, github: GitHub, label: str, title: str) -> None:
        self.github, self.label, self.title = github, label, title

    def found(self) -> Iterator[dict[str, Any]]:
        return self.github.pages("issues", state="open", labels=self.label, sort="created", direction="asc")

    def make(self, body: str) -> None:
        try:
            about = "What lives is not as it was applied"
            self.github.post("labels", {"name": self.label, "color": "d93f0b", "description": about})
        except Failed as failure:
            # It is there already.
            if failure.status != 422:
                raise
        self.github.post("issues", {"title": self.title, "body": body, "labels": [self.label]})

    def change(self, thing: dict[str, Any], body: str) -> None:
        self.github.patch(f"issues/{thing['number']}", {"body": body})

    def remove(self, thing: dict[str, Any]) -> None:
        self.close(thing, "not_planned", "Another issue tells the same.")

    def close(self, thing: dict[str, Any], reason: str, last_words: str) -> None:
        self.github.post(f"issues/{thing['number']}/comments", {"body": last_words})
        self.github.patch(f"issues/{thing['number']}", {"state": "closed", "state_reason": reason})


def body(job: Job, kind: str, report: str, footer: str) -> str:
    """What is told: a report, with a line behind rekon's that says for whom."""
    first, _, rest = report.partition("\n")
    if not re.fullmatch(rf"<!-- rekon:{kind}(?: [^<>]*)? -->", first):
        first, rest = f"<!-- rekon:{kind} -->", "rekon ended before it had a report. The log of the run says why.\n"
    run = ".".join(map(str, job.run))
    return f"{first}\n<!-- rekon:action project={project(job)} run={run} -->\n{rest.rstrip()}\n\n{footer}\n"


def mine(job: Job, kind: str, place: Place) -> list[dict[str, Any]]:
    """What this action told there before, the oldest first."""
    me = job.github.viewer()
    lines = re.compile(rf"<!-- rekon:{kind}(?: [^<>]*)? -->\r?\n<!-- rekon:action project={re.escape(project(job))} run=(\d+)\.(\d+) -->")
    told = []
    for thing in place.found():
        match = lines.match(thing.get("body") or "")
        if match and me and (thing.get("user") or {}).get("login") == me and "pull_request" not in thing:
            told.append({**thing, "run": (int(match[1]), int(match[2]))})
    return sorted(told, key=lambda thing: int(thing["id"]))


def tell(job: Job, kind: str, place: Place, text: str) -> None:
    """Says something where it was said before, or else anew.

    Two runs that find nothing at once both make one, and both look again: whichever looks last finds both,
    keeps the older and removes the other. A run does not write over what a later one said.
    """
    failure: Failed = Failed("nothing was tried")
    for _ in range(LOOKS):
        told = mine(job, kind, place)
        if not told:
            try:
                place.make(text)
            except Unknown as unknown:
                # It may have been made.
                failure = unknown
                continue
            told = mine(job, kind, place)
        if told and told[0]["run"] <= job.run:
            place.change(told[0], text)
        for other in told[1:]:
            try:
                place.remove(other)
            except Failed as gone:
                if gone.status not in [404, 410]:
                    raise
        return
    raise failure


def project(job: Job) -> str:
    """The project's folder, as what cannot end a comment."""
    return quote(job.dir, safe="/").replace("-", "%2D").replace("_", "%5F")
