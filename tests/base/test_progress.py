"""Progress on a real terminal, off one, and not at all."""

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

FITS = """
from deepcme.base.progress import show_progress
with show_progress("Fitting", 2) as advance:
    advance()
    advance()
"""
BYTES = """
from deepcme.base.progress import show_bytes
with show_bytes("Fetching") as count:
    count.start(2048)
    count.advance(2048)
"""


def on_a_terminal(code: str) -> tuple[int, str]:
    """Exit code, and what a terminal as standard error was sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs, env=environment)
    os.close(theirs)
    sent = b""
    try:
        while block := os.read(ours, 4096):
            sent += block
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(ours)
    return process.wait(60), sent.decode()


@pytest.mark.parametrize(("code", "shown"), [(FITS, "Fitting"), (BYTES, "Fetching")])
def test_a_terminal_gets_a_bar_with_its_description(code, shown):
    exit_code, sent = on_a_terminal(code)
    assert exit_code == 0, sent
    assert shown in sent
    assert "left" in sent


def test_elsewhere_there_are_plain_lines():
    ran = subprocess.run([sys.executable, "-c", FITS], capture_output=True, text=True)
    assert ran.returncode == 0
    assert ran.stderr == "Fitting: 2 of 2 in 0 s\n"
