"""A stand-in for GitHub's REST API, on loopback: strict about routes, tokens, permissions and limits.

Written from GitHub's public documentation. It answers what the action uses and takes anything else for a mistake.
"""

import io
import json
import re
import threading
import zipfile
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Optional
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "example/cameras"
BOT = "github-actions[bot]"
TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
HEAD = "a" * 40
MERGED = "c" * 40
# Of a comment and of an issue, in characters.
LONGEST_BODY = 65_536


class Service:
    """All that GitHub knows; tests read and write it directly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.permissions = {"pull-requests": "write", "issues": "write", "actions": "read"}
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.labels: set[str] = set()
        self.runs: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.of_commit: dict[str, list[int]] = {}
        # Whether a listing of runs is only of what was asked for.
        self.filters_runs = True
        self.requests: list[tuple[str, str]] = []
        self.mistakes: list[str] = []
        # What the next requests are answered, of those that the pattern fits.
        self.faults: deque[tuple[str, int, dict[str, str], bool]] = deque()
        # Called with each request before it is answered.
        self.hook: Callable[[str, str], None] = lambda method, path: None
        self.ids = iter(range(1001, 10_000))
        self.blobs = start(Blobs, self)
        self.server = start(Api, self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        for server in [self.server, self.blobs]:
            server.shutdown()
            server.server_close()

    # What tests arrange.

    def pull(self, number: int, **changes: Any) -> dict[str, Any]:
        pull = {
            "number": number,
            "state": "open",
            "merged_at": None,
            "merge_commit_sha": None,
            "head": {"ref": "topic", "sha": HEAD, "repo": {"full_name": REPOSITORY}},
            "base": {"ref": "main", "sha": "b" * 40, "repo": {"full_name": REPOSITORY}},
            **changes,
        }
        self.pulls[number] = pull
        self.comments.setdefault(number, [])
        return pull

    def merge(self, number: int, sha: str = MERGED) -> None:
        self.pulls[number] |= {"state": "closed", "merged_at": "2026-11-24T12:00:00Z", "merge_commit_sha": sha}
        self.of_commit.setdefault(sha, []).append(number)

    def comment(self, number: int, body: str, login: str = BOT) -> dict[str, Any]:
        comment = {"id": next(self.ids), "body": body, "user": {"login": login}}
        self.comments.setdefault(number, []).append(comment)
        return comment

    def issue(self, body: str, login: str = BOT, label: str = "rekon-drift", **more: Any) -> dict[str, Any]:
        identity = next(self.ids)
        issue = {
            "id": identity, "number": identity, "title": "", "state": "open", "body": body,
            "user": {"login": login}, "labels": [{"name": label}], **more,
        }
        self.issues.append(issue)
        return issue

    def successful_run(self, plan: Optional[bytes], **changes: Any) -> dict[str, Any]:
        run = {
            "id": next(self.ids), "run_attempt": 1, "head_sha": HEAD, "event": "pull_request", "status": "completed",
            "conclusion": "success", "path": ".github/workflows/rekon.yml", "head_repository": {"full_name": REPOSITORY},
            "pull_requests": [],
        } | changes
        self.runs.append(run)
        if plan is not None:
            self.artifact(run, plan)
        return run

    def artifact(self, run: dict[str, Any], plan: bytes, name: str = "rekon-plan", **changes: Any) -> dict[str, Any]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
            members.writestr("../../../escaped", b"")
            members.writestr("plan.json", plan)
        artifact = {
            "id": next(self.ids), "name": name, "expired": False, "created_at": "2026-11-24T11:00:00Z",
            "run": run["id"], "archive": archive.getvalue(),
        } | changes
        self.artifacts.append(artifact)
        return artifact

    def fail(self, pattern: str, status: int, headers: Optional[dict[str, str]] = None, acts: bool = False) -> None:
        """The next request that fits fails; with `acts`, after it took effect."""
        self.faults.append((pattern, status, headers or {}, acts))

    def count(self, method: str, pattern: str) -> int:
        return sum(1 for one, path in self.requests if one == method and re.search(pattern, path))


def start(handler: type[BaseHTTPRequestHandler], service: Service) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.service = service
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def service(self) -> Service:
        return self.server.service

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: Any = None, headers: Optional[dict[str, str]] = None) -> None:
        text = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_any(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.handle_any()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET


class Blobs(Handler):
    """Where artifacts are: at another place, which must not see the token."""

    def handle_any(self) -> None:
        if self.headers.get("Authorization"):
            self.service.mistakes.append("the token was sent to where artifacts are")
        found = [one for one in self.service.artifacts if self.path == f"/blob/{one['id']}?signature=x"]
        self.answer(200, found[0]["archive"]) if found else self.answer(404)


class Api(Handler):
    def handle_any(self) -> None:
        service, split = self.service, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.body = json.loads(self.rfile.read(length)) if length else {}
        self.query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        self.more: dict[str, str] = {}
        service.hook(self.command, split.path)
        with service.lock:
            service.requests.append((self.command, split.path))
            fault = next((one for one in service.faults if re.search(one[0], f"{self.command} {split.path}")), None)
            if fault:
                service.faults.remove(fault)
                if fault[3]:
                    self.route(split.path)
                return self.answer(fault[1], [] if fault[1] == 200 else {"message": "try again"}, fault[2])
            try:
                status, body = self.route(split.path)
            except Refused as refused:
                status, body = refused.status, {"message": str(refused)}
            self.answer(status, body, self.more)

    def route(self, path: str) -> tuple[int, Any]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.service.mistakes.append(f"{path} without the token")
            raise Refused(401, "Bad credentials")
        if (self.command, path) == ("POST", "/graphql"):
            return 200, {"data": {"viewer": {"login": BOT}}}
        below = path.removeprefix(f"/repos/{REPOSITORY}/")
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, below)
            if match and method == self.command and below != path:
                return handler(self, *(int(group) if group.isdigit() else group for group in match.groups()))
        self.service.mistakes.append(f"no such route: {self.command} {path}")
        raise Refused(404, "Not Found")

    def needs(self, permission: str, level: str = "read") -> None:
        held = self.service.permissions.get(permission)
        if held != "write" and held != level:
            raise Refused(403, "Resource not accessible by integration")

    def page(self, things: list[Any]) -> list[Any]:
        size, page = int(self.query.get("per_page", "30")), int(self.query.get("page", "1"))
        if size > 100:
            self.service.mistakes.append("more than 100 a page")
        if len(things) > size * page:
            query = "&".join(f"{name}={value}" for name, value in {**self.query, "page": str(page + 1)}.items())
            url = f"{self.service.url}{urlsplit(self.path).path}?{query}"
            self.more["Link"] = f'<{url}>; rel="next", <{url}>; rel="last"'
        return things[size * (page - 1):size * page]

    def text(self) -> str:
        text = self.body["body"]
        if len(text) > LONGEST_BODY:
            self.service.mistakes.append(f"a body of {len(text)} characters")
            raise Refused(422, "Body is too long (maximum is 65536 characters)")
        return text

    def pull(self, number: int) -> tuple[int, Any]:
        self.needs("pull-requests")
        if number not in self.service.pulls:
            raise Refused(404, "Not Found")
        return 200, self.service.pulls[number]

    def pulls_of(self, sha: str) -> tuple[int, Any]:
        self.needs("pull-requests")
        return 200, self.page([self.service.pulls[number] for number in self.service.of_commit.get(sha, [])])

    def list_comments(self, number: int) -> tuple[int, Any]:
        self.needs("pull-requests")
        return 200, self.page(self.service.comments[number])

    def make_comment(self, number: int) -> tuple[int, Any]:
        self.needs("pull-requests" if number in self.service.pulls else "issues", "write")
        return 201, self.service.comment(number, self.text())

    def find(self, identity: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        self.needs("pull-requests", "write")
        for comments in self.service.comments.values():
            for comment in comments:
                if comment["id"] == identity:
                    if comment["user"]["login"] != BOT:
                        self.service.mistakes.append("somebody else's comment was to be touched")
                    return comments, comment
        raise Refused(404, "Not Found")

    def change_comment(self, identity: int) -> tuple[int, Any]:
        _, comment = self.find(identity)
        comment["body"] = self.text()
        return 200, comment

    def remove_comment(self, identity: int) -> tuple[int, Any]:
        comments, comment = self.find(identity)
        comments.remove(comment)
        return 204, None

    def list_issues(self) -> tuple[int, Any]:
        self.needs("issues")
        label, state = self.query.get("labels"), self.query.get("state", "open")
        fits = lambda one: one["state"] == state and any(label in [None, it["name"]] for it in one["labels"])
        return 200, self.page([one for one in self.service.issues if fits(one)])

    def make_issue(self) -> tuple[int, Any]:
        self.needs("issues", "write")
        if not set(self.body["labels"]) <= self.service.labels:
            self.service.mistakes.append("a label that is not there")
        return 201, self.service.issue(self.text(), label=self.body["labels"][0], title=self.body["title"])

    def change_issue(self, number: int) -> tuple[int, Any]:
        self.needs("issues", "write")
        issue = next(one for one in self.service.issues if one["number"] == number)
        if issue["user"]["login"] != BOT:
            self.service.mistakes.append("somebody else's issue was to be touched")
        if "body" in self.body:
            issue["body"] = self.text()
        issue |= {name: value for name, value in self.body.items() if name in ["state", "state_reason"]}
        return 200, issue

    def make_label(self) -> tuple[int, Any]:
        self.needs("issues", "write")
        if self.body["name"] in self.service.labels:
            raise Refused(422, "Validation Failed")
        self.service.labels.add(self.body["name"])
        return 201, {}

    def list_runs(self) -> tuple[int, Any]:
        self.needs("actions")
        asked, all_of_them = self.query["head_sha"], not self.service.filters_runs
        return 200, {"workflow_runs": self.page([one for one in self.service.runs if all_of_them or one["head_sha"] == asked])}

    def list_artifacts(self, run: int) -> tuple[int, Any]:
        self.needs("actions")
        hidden = ["archive", "run"]
        of_run = [one for one in self.service.artifacts if one["run"] == run and one["name"] == self.query["name"]]
        return 200, {"artifacts": self.page([{name: one[name] for name in one if name not in hidden} for one in of_run])}

    def download(self, identity: int) -> tuple[int, Any]:
        self.needs("actions")
        self.more["Location"] = f"http://127.0.0.1:{self.service.blobs.server_port}/blob/{identity}?signature=x"
        return 302, None


ROUTES = [
    ("GET", r"pulls/(\d+)", Api.pull),
    ("GET", r"commits/([0-9a-f]{40})/pulls", Api.pulls_of),
    ("GET", r"issues/(\d+)/comments", Api.list_comments),
    ("POST", r"issues/(\d+)/comments", Api.make_comment),
    ("PATCH", r"issues/comments/(\d+)", Api.change_comment),
    ("DELETE", r"issues/comments/(\d+)", Api.remove_comment),
    ("GET", r"issues", Api.list_issues),
    ("POST", r"issues", Api.make_issue),
    ("PATCH", r"issues/(\d+)", Api.change_issue),
    ("POST", r"labels", Api.make_label),
    ("GET", r"actions/runs", Api.list_runs),
    ("GET", r"actions/runs/(\d+)/artifacts", Api.list_artifacts),
    ("GET", r"actions/artifacts/(\d+)/zip", Api.download),
]
