"""Where the program is built, and under which key it is cached: one for each state of its source."""

import hashlib
import os
from pathlib import Path

from workflow import output

SOURCES = ["Cargo.toml", "Cargo.lock", "src"]


def run() -> int:
    output("root", os.path.join(os.environ["RUNNER_TEMP"], "rekon"))
    output("key", key(Path(os.environ["GITHUB_ACTION_PATH"])))
    return 0


def key(root: Path) -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        below = sorted(path for path in (root / source).rglob("*") if path.is_file())
        for path in below or [root / source]:
            text = path.read_bytes()
            digest.update(f"{path.relative_to(root)} {len(text)}\n".encode())
            digest.update(text)
    machine = "-".join(os.environ.get(name, "") for name in ["RUNNER_OS", "RUNNER_ARCH"])
    return f"rekon-{machine}-{digest.hexdigest()}"
