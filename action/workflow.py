"""What a step tells the runner: outputs, the summary, annotations.

The runner takes a line of a step's output that begins with `::` for a command, and a line of a file
of outputs for an output. Both are written here and nowhere else.
"""

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import Iterator

SUMMARY_LIMIT = 1024 * 1024


def output(name: str, value: str) -> None:
    """Sets an output, whatever stands in its value."""
    delimiter = f"end-{secrets.token_hex(16)}"
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


def summary(text: str) -> None:
    """Adds to the job's summary, unless the runner would then drop all of it."""
    path = Path(os.environ["GITHUB_STEP_SUMMARY"])
    there = path.stat().st_size if path.exists() else 0
    if there + len(text.encode()) + 1 > SUMMARY_LIMIT:
        return notice("the summary has no room for the report, which is in the artifact")
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


@contextlib.contextmanager
def obeying_nothing() -> Iterator[None]:
    """Has the runner take whatever is printed meanwhile for mere text."""
    token = secrets.token_hex(16)
    say(f"::stop-commands::{token}")
    try:
        yield
    finally:
        say(f"::{token}::")


def annotate(file: Path) -> None:
    """Passes on annotations that rekon wrote, and no other command."""
    kinds = tuple(f"::{kind}{end}" for kind in ["error", "warning", "notice"] for end in [" ", "::"])
    for line in file.read_text(encoding="utf-8").split("\n") if file.exists() else []:
        if line.startswith(kinds):
            say(line.replace("\r", "%0D"))


def error(message: str) -> None:
    say(f"::error title=rekon::{escaped(message)}")


def warning(message: str) -> None:
    say(f"::warning title=rekon::{escaped(message)}")


def notice(message: str) -> None:
    say(f"::notice title=rekon::{escaped(message)}")


def escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def say(line: str) -> None:
    print(line, flush=True)
    sys.stderr.flush()
