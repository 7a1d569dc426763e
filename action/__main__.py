"""The steps of action.yml: `python3 -I action MODE`, with everything else in the environment."""

import sys

import apply
import build
import drift
import plan
from job import Job, Unusable
from workflow import error

MODES = {"plan": plan.run, "apply": apply.run, "drift": drift.run}


def main(mode: str) -> int:
    if mode == "build":
        return build.run()
    try:
        if mode not in MODES:
            raise Unusable(f"mode is {mode!r}, and has to be one of {', '.join(MODES)}")
        return MODES[mode](Job(mode))
    except Unusable as reason:
        error(str(reason))
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
