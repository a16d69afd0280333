"""What users have stays as it is, but where it is meant to change, and loads quickly."""

import resource
import subprocess
import sys

import pytest

from tests.interface import FOLDER, describe_command_line, describe_python

TO_REMAKE = "if this is meant: python -m tests.interface"


def test_public_names_and_signatures_are_as_they_were():
    assert describe_python() == (FOLDER / "python.txt").read_text("utf-8"), TO_REMAKE


def test_commands_and_options_are_as_they_were():
    known = (FOLDER / "command_line.txt").read_text(encoding="utf-8")
    assert describe_command_line() == known, TO_REMAKE


def processor_seconds(*arguments):
    """Of the quickest of a few runs of Python; its clock stands still while others run."""

    def spent():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def run():
        start = spent()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return spent() - start

    return min(run() for _ in range(5))


@pytest.mark.parametrize(
    ("limit", "arguments"),
    [
        (0.1, ["-c", "import deepcme"]),
        (0.3, ["-c", "from deepcme.cli.main import main; main()", "--help"]),
    ],
    ids=["import deepcme", "deepcme --help"],
)
def test_it_answers_at_once(limit, arguments):
    """Beyond a bare interpreter's start, which says how fast the machine is."""
    bare = processor_seconds("-c", "pass")
    assert processor_seconds(*arguments) - bare < limit * max(1.0, bare / 0.05)
