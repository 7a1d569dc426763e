"""GitHub's API: as much of it as the action needs, and patience.

The token goes to the API in a header and nowhere else: not to where an answer points, and into no message.
"""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator, Optional

ATTEMPTS = 4
# Longer than this, a job does not wait for a limit to pass.
PATIENCE_SECONDS = 90
TIMEOUT_SECONDS = 30
LARGEST_DOWNLOAD = 200 * 1024 * 1024


class Failed(Exception):
    """GitHub said no, or nothing at all."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


class Unknown(Failed):
    """Something was to be made, and nobody knows whether it was."""


class Unredirected(urllib.request.HTTPRedirectHandler):
    """Follows nothing by itself, since that would take the token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


class GitHub:
    def __init__(self, api: str, graphql: str, repository: str, token: str) -> None:
        self.api = api.rstrip("/")
        self.graphql = graphql
        self.repository = f"{self.api}/repos/{repository}"
        self.token = token
        self.opener = urllib.request.build_opener(Unredirected)

    def viewer(self) -> str:
        """The login of whoever the token is of; REST tells that to people alone."""
        answer = self.request("POST", self.graphql, {"query": "query { viewer { login } }"}, repeats=True)
        return str(((answer.get("data") or {}).get("viewer") or {}).get("login") or "")

    def get(self, path: str, **query: Any) -> Any:
        return self.request("GET", self.url(path, query))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.request("POST", self.url(path, {}), body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self.request("PATCH", self.url(path, {}), body)

    def delete(self, path: str) -> None:
        self.request("DELETE", self.url(path, {}))

    def pages(self, path: str, member: Optional[str] = None, **query: Any) -> Iterator[Any]:
        """All items of a listing; of one that is wrapped, those in a member."""
        url: Optional[str] = self.url(path, {**query, "per_page": 100})
        while url:
            text, headers = self.send("GET", url, None, repeats=True)
            page = json.loads(text)
            yield from page[member] if member else page
            url = next_page(headers.get("Link") or "")
            if url and not url.startswith(f"{self.api}/"):
                raise Failed(f"the next page of {path} is at another place than the API")

    def download(self, path: str) -> bytes:
        """What an answer points to, which is at a place that must not see the token."""
        _, headers = self.send("GET", self.url(path, {}), None, repeats=True)
        text, _ = self.send("GET", headers.get("Location") or "", None, repeats=True, is_api=False)
        return text

    def url(self, path: str, query: dict[str, Any]) -> str:
        return f"{self.repository}/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")

    def request(self, method: str, url: str, body: Optional[dict[str, Any]] = None, repeats: Optional[bool] = None) -> Any:
        text, _ = self.send(method, url, body, method != "POST" if repeats is None else repeats)
        return json.loads(text) if text else None

    def send(
        self, method: str, url: str, body: Optional[dict[str, Any]], repeats: bool, is_api: bool = True
    ) -> tuple[bytes, Any]:
        """One request and its answer. Only one that `repeats` harmlessly is sent again when it may have worked."""
        what = f"{method} {urllib.parse.urlsplit(url).path}"
        headers = {"User-Agent": "rekon-action"}
        if is_api:
            headers |= {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        waited = 0.0
        for attempt in range(ATTEMPTS):
            is_last = attempt == ATTEMPTS - 1
            request = urllib.request.Request(url, data, headers, method=method)
            try:
                with self.opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                    text = answer.read(LARGEST_DOWNLOAD + 1)
                    if len(text) > LARGEST_DOWNLOAD:
                        raise Failed(f"{what}: the answer is too large")
                    return text, answer.headers
            except urllib.error.HTTPError as answer:
                if answer.code in [301, 302, 307, 308] and method == "GET" and is_api:
                    return b"", answer.headers
                said = f"{what}: {answer.code} {message(answer)}"
                pause = pause_of(answer)
                if pause is not None:
                    waited += pause
                    if is_last or waited > PATIENCE_SECONDS:
                        raise Failed(f"{said}, and too long to wait for", answer.code) from None
                elif answer.code < 500:
                    raise Failed(said, answer.code) from None
                elif not repeats:
                    raise Unknown(said, answer.code) from None
                elif is_last:
                    raise Failed(said, answer.code) from None
                else:
                    pause = 2.0**attempt
            except (OSError, ValueError) as reason:
                if not repeats:
                    raise Unknown(f"{what}: {reason}") from None
                if is_last:
                    raise Failed(f"{what}: {reason}") from None
                pause = 2.0**attempt
            time.sleep(pause)
        raise AssertionError("the last attempt ends in an answer or an error")


def pause_of(answer: urllib.error.HTTPError) -> Optional[float]:
    """For how many seconds an answer asks to wait, if it is no more than that."""
    if answer.code not in [403, 429]:
        return None
    after, left, reset = (answer.headers.get(name) for name in ["Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
    if after and after.isdigit():
        return float(after)
    if left == "0" and reset and reset.isdigit():
        return max(float(reset) - time.time(), 0) + 1
    return 60.0 if answer.code == 429 else None


def message(answer: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(answer.read(10_000)).get("message", answer.reason))[:200]
    except (OSError, ValueError, AttributeError):
        return str(answer.reason)


def next_page(link: str) -> Optional[str]:
    found = re.search(r'<([^<>]*)>;[^,<]*\brel="next"', link)
    return found[1] if found else None
