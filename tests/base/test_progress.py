"""Progress on a real terminal, off one, and not at all."""

import os
import subprocess
import sys
import time

import pytest

from deepcme.base import progress
from deepcme.base.workload import equal_pieces

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

LONG = """
from deepcme.base import progress, workload
from deepcme.base.workload import Piece, Workload
progress._FIRST_WORD = 0.1
work = Workload({0: Piece(seconds=7800.0), 1: Piece(seconds=0.0)})
with progress.show_progress("Fitting", work):
    import time; time.sleep(0.4)
    raise SystemExit(3)
"""
FITS = """
from deepcme.base.progress import show_progress
from deepcme.base.workload import equal_pieces
work = equal_pieces(2)
with show_progress("Fitting", work):
    work.finish(0)
    work.finish(1)
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


@pytest.mark.parametrize(("code", "shown"), [(FITS, "2 of 2 fits"), (BYTES, "left")])
def test_a_terminal_gets_a_bar_with_its_description(code, shown):
    exit_code, sent = on_a_terminal(code)
    assert exit_code == 0, sent
    assert shown in sent


def test_elsewhere_there_are_plain_lines():
    ran = subprocess.run([sys.executable, "-c", FITS], capture_output=True, text=True)
    assert ran.returncode == 0
    assert ran.stderr == "Fitting: 2 of 2 fits in 0 s\n"


def test_a_line_tells_the_time_left_in_hours_and_minutes():
    ran = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True)
    assert ran.returncode == 3
    said = "Fitting: 0 of 2 fits, 0% of the work, about 2 h 10 min left"
    assert ran.stderr == f"{said}\n"


def test_lines_become_rare():
    moments = [0.0]
    for pause in progress.pauses_between_lines(lambda: moments[-1]):
        moments.append(moments[-1] + pause)
        if moments[-1] > 8 * 3600:
            break
    assert 60 < len(moments) < 150


def test_a_step_is_named_only_where_it_takes_a_while(monkeypatch, capsys):
    with progress.show_step("Making tables"):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_SLOW_AFTER", 0.0)
    with progress.show_step("Making tables"):
        time.sleep(0.2)
    assert capsys.readouterr().err == "Making tables ...\n"


def test_quiet_says_nothing(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_SLOW_AFTER", 0.0)
    work = equal_pieces(1)
    with progress.show_progress("Fitting", work, quiet=True):
        work.finish(0)
    with progress.show_step("Making tables", quiet=True):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""
