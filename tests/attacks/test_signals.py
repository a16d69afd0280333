"""Ctrl-C, SIGTERM, SIGHUP, and a main process that is killed: nothing runs on alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.attacks.command import deepcme
from tests.attacks.running import running, write_study

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")

AT_WORK = "list(run_parallel(time.sleep, [(60,)] * 4, 2))"
BEGINS_AGAIN = "Stopped before the end; the same command begins again."

HUP, INT, TERM = signal.SIGHUP, signal.SIGINT, signal.SIGTERM


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A study of 20 fits, and its cohort beside it."""
    folder = tmp_path_factory.mktemp("study")
    return write_study(folder)


@pytest.mark.cause("signals")
@pytest.mark.parametrize(
    ("number", "to_all"),
    [(TERM, False), (HUP, False), (TERM, True), (HUP, True)],
    ids=["SIGTERM", "SIGHUP", "SIGTERM to all", "SIGHUP to all"],
)
def test_workers_go_with_the_command(tmp_path, number, to_all):
    with running(tmp_path, call=AT_WORK) as command:
        command.wait_for_workers()
        command.send(number, to_all=to_all)
        command.require_stopped(number, BEGINS_AGAIN)


@pytest.mark.cause("signals")
@pytest.mark.attack
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_study_that_is_stopped_says_how_far_it_is_and_goes_on(tmp_path, study, jobs):
    arguments = ["run", study, "--out", tmp_path / "out", "--jobs", jobs]
    with running(tmp_path, *arguments) as command:
        command.wait_for(lambda: [*tmp_path.glob("out/tasks/*.npz")])
        command.send(TERM)
        command.require_stopped(
            TERM, "Stopped after ", " of 20 fits; the same command goes on."
        )
    assert deepcme(*arguments, "--quiet", timeout=200).code == 0
    assert len([*tmp_path.glob("out/tasks/*.npz")]) == 20


@pytest.mark.cause("signals")
@pytest.mark.attack
@pytest.mark.parametrize(
    ("held", "arguments", "words"),
    [
        ("deepcme.study.run:load_cohort", "run", "before its report; the same command goes on"),
        ("deepcme.report.page:write_report", "run", "before its report; the same command goes"),
        ("deepcme.trained.training:_make_model", "train", BEGINS_AGAIN),
        ("deepcme.study.run:make_plan", "panel", "the same command goes on"),
    ],
    ids=["loading", "report", "train", "panel"],
)
def test_moments_of_other_work(tmp_path, study, held, arguments, words):
    cohort = study.parent / "cohort.h5ad"
    asked = {
        "run": ["run", study, "--out", tmp_path / "out"],
        "train": ["train", cohort, "-o", tmp_path / "model", "--model", "LR", "--repeats", 1],
        "panel": ["panel", cohort, "--out", tmp_path / "out"],
    }[arguments]
    with running(tmp_path, *asked, "--quiet", held=held) as command:
        command.wait_for(command.held.exists)
        command.send(TERM)
        command.require_stopped(TERM, words)
    assert not (tmp_path / "model").exists()


@pytest.mark.cause("signals")
@pytest.mark.attack
def test_a_long_call_of_a_library_does_not_hold_it_up(tmp_path):
    call = "print(1, flush=True) or hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
    with running(tmp_path, call=call) as command:
        assert command.process.stdout.readline() == "1\n"
        time.sleep(0.2)
        command.send(TERM)
        command.require_stopped(TERM, BEGINS_AGAIN)


@pytest.mark.cause("signals")
@pytest.mark.attack
def test_a_server_that_never_answers_does_not_hold_it_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        asked = ["fetch", "gdc", "TCGA-X", "-o", tmp_path / "gdc", "--base-url", address]
        with running(tmp_path, *asked) as command:
            connection, _ = server.accept()
            with connection:
                command.send(TERM)
                command.require_stopped(TERM)


@pytest.mark.cause("signals")
@pytest.mark.attack
@pytest.mark.parametrize("call", [AT_WORK, "next(run_parallel(time.sleep, [(60,)] * 9, 8))"])
def test_a_killed_main_process_leaves_no_worker(tmp_path, call):
    with running(tmp_path, call=call) as command:
        command.wait_for_workers()
        command.send(signal.SIGKILL)
        start = time.monotonic()
        command.process.wait()
        command.require_all_gone(start)


@pytest.mark.cause("signals")
@pytest.mark.attack
def test_a_killed_study_leaves_no_worker_and_no_map(tmp_path, study):
    with running(tmp_path, "run", study, "--out", tmp_path / "out", "--jobs", 2) as command:
        command.wait_for(lambda: [*tmp_path.glob("out/tasks/*.npz")])
        command.send(signal.SIGKILL)
        start = time.monotonic()
        command.process.wait()
        command.require_all_gone(start)


DRAW = "drawing.write_charts({'a': type('', (), {'to_dict': lambda *_, **__: {}})()}, pathlib.Path('none'))"


@pytest.mark.cause("signals")
@pytest.mark.attack
@pytest.mark.parametrize("number", [TERM, signal.SIGKILL])
@pytest.mark.parametrize("work", ["deepcme.base.hdf5.apart", "deepcme.report.figures.drawing"])
def test_a_process_for_what_may_crash_goes_too(tmp_path, study, work, number):
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\n"
        "def main():\n"
        "    pathlib.Path(os.environ['HELD']).touch()\n"
        "    time.sleep(600)\n"
    )
    slow = f"""
import pathlib, sys
from deepcme.report.figures import drawing
import {work} as work
worker_command = work.worker_command
work.worker_command = lambda *_: worker_command("slow")
sys.path.append({str(tmp_path)!r})
"""
    asked = ["audit", study.parent / "cohort.h5ad"]
    call = DRAW if work.endswith("drawing") else None
    with running(tmp_path, *asked, before=slow, call=call) as command:
        command.wait_for(command.held.exists)
        command.send(number)
        start = time.monotonic()
        command.process.wait()
        command.require_all_gone(start)
        if number == TERM:
            command.require_stopped(TERM, BEGINS_AGAIN)


@pytest.mark.cause("signals")
@pytest.mark.attack
@pytest.mark.guard
@pytest.mark.parametrize("number", [HUP, INT], ids=["nohup", "behind &"])
def test_a_signal_that_is_ignored_stays_so(tmp_path, number):
    call = "print(1, flush=True) or list(run_parallel(time.sleep, [(0.5,)] * 4, 2))"
    with running(tmp_path, call=call, ignored=(number,)) as command:
        assert command.process.stdout.readline() == "1\n"
        command.send(number, to_all=True)
        assert command.process.wait(60) == 0


@pytest.mark.cause("interrupt")
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_says_that_it_stopped(tmp_path, times):
    with running(tmp_path, call="print(1, flush=True) or time.sleep(60)") as command:
        assert command.process.stdout.readline() == "1\n"
        for _ in range(times):
            command.send(INT, to_all=True)
        command.require_stopped(INT, BEGINS_AGAIN)


@pytest.mark.cause("interrupt")
@pytest.mark.attack
@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["said", "quiet"])
def test_ctrl_c_during_fits(tmp_path, study, quiet):
    asked = ["run", study, "--out", tmp_path / "out", "--jobs", 2, *quiet]
    with running(tmp_path, *asked) as command:
        command.wait_for_workers()
        command.send(INT, to_all=True)
        command.require_stopped(INT, "Stopped after ", "of 20 fits; the same command goes on.")


@pytest.mark.cause("interrupt")
@pytest.mark.attack
@pytest.mark.parametrize(
    "held",
    ["study.run:make_plan", "study.run:write_tables", "report.page:write_report"],
    ids=["plan", "tables", "report"],
)
def test_ctrl_c_at_other_moments(tmp_path, study, held):
    asked = ["run", study, "--out", tmp_path / "out"]
    with running(tmp_path, *asked, held=f"deepcme.{held}") as command:
        command.wait_for(command.held.exists)
        command.send(INT, to_all=True)
        command.require_stopped(INT, "before its report; the same command goes on.")


@pytest.mark.cause("interrupt")
@pytest.mark.attack
def test_ctrl_c_during_imports(tmp_path, study):
    slow = """
import os, pathlib, sys, time
class Slow:
    def find_spec(self, name, path, target=None):
        if name == "sklearn":
            pathlib.Path(os.environ["HELD"]).touch()
            time.sleep(600)
sys.meta_path.insert(0, Slow())
"""
    with running(tmp_path, "run", study, "--out", tmp_path / "out", before=slow) as command:
        command.wait_for(command.held.exists)
        command.send(INT)
        command.require_stopped(INT)


@pytest.mark.cause("interrupt")
@pytest.mark.attack
def test_ctrl_c_where_nobody_listens_any_more(tmp_path):
    with running(tmp_path, call="print(1, flush=True) or time.sleep(60)") as command:
        assert command.process.stdout.readline() == "1\n"
        command.process.stderr.close()
        command.send(INT)
        assert command.process.wait(60) == 130


@pytest.mark.cause("interrupt")
@pytest.mark.attack
@pytest.mark.guard
def test_python_users_keep_their_own_ways():
    code = """
import os, signal
from deepcme.base.processes.parallel import run_parallel
before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
try:
    for _ in run_parallel(pow, [(2, 3)] * 4, 2):
        os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("as ever")
assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "as ever\n", "")
