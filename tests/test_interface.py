"""What users have stays as it is, but where it is meant to change, and loads quickly."""

import subprocess
import sys
import time

import pytest

from tests.interface import FOLDER, describe_command_line, describe_python

TO_REMAKE = "if this is meant: python -m tests.interface"


def test_public_names_and_signatures_are_as_they_were():
    assert describe_python() == (FOLDER / "python.txt").read_text("utf-8"), TO_REMAKE


def test_commands_and_options_are_as_they_were():
    known = (FOLDER / "command_line.txt").read_text(encoding="utf-8")
    assert describe_command_line() == known, TO_REMAKE


def seconds(*arguments):
    """Time of the quickest of a few runs of Python."""

    def run():
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return time.perf_counter() - start

    return min(run() for _ in range(5))


@pytest.mark.parametrize(
    ("limit", "arguments"),
    [
        (0.1, ["-c", "import deepcme"]),
        (0.3, ["-c", "from deepcme.cli import main; main()", "--help"]),
    ],
    ids=["import deepcme", "deepcme --help"],
)
def test_it_answers_at_once(limit, arguments):
    """Beyond a bare interpreter's start, which says how busy the machine is."""
    bare = seconds("-c", "pass")
    assert seconds(*arguments) - bare < limit * max(1.0, bare / 0.05)
