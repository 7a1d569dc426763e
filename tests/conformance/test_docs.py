"""What docs/emulator.md promises is so."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from emulator import Emulator

PAGE = (pathlib.Path(__file__).parents[2] / "docs" / "emulator.md").read_text()


@pytest.fixture(scope="module")
def program():
    return subprocess.run([os.environ["REKON_BIN"], "emulator", "--help"], capture_output=True, text=True, check=True).stdout


def rows(heading):
    """The names in the first column of the table below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.M)


def test_every_option_is_listed(program):
    options = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", program.split("Faults:")[0], re.M)
    common = {"--help", "--color", "--quiet", "--verbose", "--max-diagnostics", "--format", "--profile", "--endpoint-url", "--emulator"}
    assert {row.split()[0] for row in rows("Options")} == set(options) - common


def test_every_fault_is_listed(program):
    listed = re.search(r"Faults: ((?:.|\n)*?)\n\n", program)[1].replace("\n", " ")
    assert set(rows("Faults")) == {fault.strip() for fault in listed.split(",")}


def test_every_quirk_is_listed_with_its_variants():
    from test_quirks import QUIRKS, name_of

    assert rows("Quirks") == [name_of(quirk) for quirk in QUIRKS]
    for quirk, variants in QUIRKS.items():
        row = re.search(rf"^\| `{name_of(quirk)}` .*$", PAGE, re.M)[0]
        assert re.findall(r"`([a-z-]+)`", row.rsplit("|", 2)[1]) == list(variants)


def test_the_health_check_looks_as_shown():
    shown = re.search(r"^\{.*\}$", PAGE, re.M)[0]
    with Emulator() as emulator:
        assert emulator.health().keys() == json.loads(shown).keys()


def test_the_pytest_fixture_works(tmp_path):
    block = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
    (tmp_path / "test_cameras.py").write_text(block.replace("import re\n", "import re\nimport my_code\n", 1))
    (tmp_path / "my_code.py").write_text(
        "from samples import label_detection\n\n\n"
        "def register_camera(rekognition, name):\n"
        "    rekognition.create_stream_processor(**label_detection(name))\n"
    )
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "rekon").symlink_to(os.environ["REKON_BIN"])
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(pathlib.Path(__file__).parent)]),
    }
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout
