"""A Dask cluster that is late, loses workers or its scheduler, or is none at all."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from deepcme.study.executors.cluster import run_on_dask
from deepcme.study.tasks import Task
from tests.attacks.command import deepcme
from tests.attacks.test_two_at_once import cohort_file, start, study_file  # noqa: F401

pytest.importorskip("distributed", reason="Dask is not installed")

ROOT = Path(__file__).resolve().parents[2]
NO_SCHEDULER = "No Dask scheduler answers at "


# Something else at the address


@contextmanager
def listening(answer, times=8):
    """A service that does something with each connection, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as connections:

        def serve():
            for _ in range(times):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connections.enter_context(connection)
                with suppress(OSError):
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.close()


def says(content, then_hangs_up=True):
    def answer(connection):
        connection.sendall(content)
        if then_hangs_up:
            connection.shutdown(socket.SHUT_WR)

    return answer


def silent(connection):
    """Say nothing, as a web server until it is asked."""


def hangs_up(connection):
    connection.close()


def resets(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def speaks_tls(connection):
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection, server_side=True)


def web_server(connection):
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 10)


@pytest.mark.cause("dask-address")
@pytest.mark.parametrize(
    "answer",
    [
        web_server,
        says(b"SSH-2.0-OpenSSH_9.6\r\n", then_hangs_up=False),
        says(b"\xff" * 4096, then_hangs_up=False),
        says((10**12).to_bytes(8, "little"), then_hangs_up=False),
        says((100).to_bytes(8, "little") + b"x" * 100),
        says(b"abc"),
        hangs_up,
        resets,
        speaks_tls,
        silent,
    ],
    ids=[
        "web", "ssh", "bytes", "terabyte", "greeting of garbage", "cut", "end", "reset", "tls",
        "silent",
    ],
)  # fmt: skip
def test_another_service_is_one_sentence(answer, study_file, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    with listening(answer) as place:
        outcome = deepcme(
            "run", study_file, "--out", out, "-q", "--scheduler", f"tcp://{place}"
        )
    outcome.require_one_sentence(NO_SCHEDULER, "`dask scheduler` prints it")
    assert outcome.peak_mb < 1500


@pytest.mark.cause("dask-address")
@pytest.mark.attack
@pytest.mark.parametrize(
    "address",
    [
        "tcp://127.0.0.1:1", "nonsense", "far://127.0.0.1:1", " ", "tcp://", "127.0.0.1",
        "tcp://127.0.0.1:99999", "tcp://127.0.0.1:-1", "http://127.0.0.1:1", "tls://127.0.0.1:1",
        "tcp://[::1", "tcp://no.such.host.invalid:8786", "tcp://\x1b[2J:1", "inproc://x",
    ],
)  # fmt: skip
def test_an_address_of_nothing_is_one_sentence(address, study_file, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    outcome = deepcme("run", study_file, "--out", out, "-q", "--scheduler", address)
    outcome.require_one_sentence(NO_SCHEDULER)


# Workers


def dask(what, *arguments, packages=None):
    """A process of Dask's; `packages` is a folder that is looked in first for packages."""
    found = [str(packages)] if packages else []
    path = os.pathsep.join([*found, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Cluster:
    """A scheduler and workers as processes; `address` and `workers`."""

    def __init__(self, folder, packages=None):
        self._folder = folder
        self.workers = []
        file = folder / "scheduler.json"
        self.scheduler = dask(
            *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", file),
            packages=packages,
        )
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, packages=None):
        """A worker of one thread, which nobody starts again."""
        self.workers.append(
            dask(
                *("worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny"),
                *("--host", "127.0.0.1", "--local-directory", self._folder),
                packages=packages,
            )
        )
        return self.workers[-1]

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.end()


@pytest.fixture(scope="module")
def alone(study_file):  # noqa: F811
    """The tables of an undisturbed run."""
    out = study_file.parent / "alone"
    assert deepcme("run", study_file, "--out", out, "--jobs", "1", timeout=240).code == 0
    return tables(out)


def tables(out):
    return {name: (out / name).read_bytes() for name in ("predictions.parquet", "metrics.csv")}


def run_on(cluster, study_file, out):  # noqa: F811
    return start("run", study_file, "--out", out, "--scheduler", cluster.address)


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def n_done(out):
    return len(list(out.glob("tasks/*.npz")))


def lines_until(process, words):
    """What a process says on standard error, up to the line that holds the words."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            break
    return lines


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
def test_workers_may_come_late(cluster, study_file, alone, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    process = run_on(cluster, study_file, out)
    lines = lines_until(process, "Waiting for workers")
    assert f"Waiting for workers at {cluster.address}. Start some" in lines[-1]
    cluster.add_worker()
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 0, error
    assert tables(out) == alone


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
@pytest.mark.parametrize("n_losses", [1, 3])
def test_a_late_replacement_finishes_the_work_of_lost_workers(
    n_losses, cluster, study_file, alone, tmp_path  # noqa: F811
):  # fmt: skip
    out = tmp_path / "out"
    process = run_on(cluster, study_file, out)
    for _ in range(n_losses):
        done = n_done(out)
        worker = cluster.add_worker()
        wait_for(lambda: n_done(out) > done, process)  # noqa: B023
        worker.kill()
        lines = lines_until(process, "its last worker is lost")
        assert "perhaps for lack of memory" in lines[-1]
    cluster.add_worker()
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 0, error
    assert tables(out) == alone
    assert "Traceback" not in error


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
def test_one_of_two_workers_may_go(cluster, study_file, alone, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    first, _ = cluster.add_worker(), cluster.add_worker()
    process = run_on(cluster, study_file, out)
    wait_for(lambda: n_done(out) > 1, process)
    first.kill()
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 0, error
    assert tables(out) == alone


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
def test_a_lost_scheduler_is_one_sentence_and_the_same_command_goes_on(
    cluster, study_file, alone, tmp_path  # noqa: F811
):  # fmt: skip
    out = tmp_path / "out"
    cluster.add_worker()
    process = run_on(cluster, study_file, out)
    wait_for(lambda: n_done(out) > 1, process)
    cluster.scheduler.kill()
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 2, error
    assert (
        error.strip()
        .splitlines()[-1]
        .startswith(f"deepcme: The Dask scheduler at {cluster.address} was lost")
    )
    assert "Traceback" not in error
    again = deepcme("run", study_file, "--out", out, "--jobs", "1", timeout=240)
    assert again.code == 0 and tables(out) == alone


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
def test_waiting_for_workers_ends_by_the_keyboard(cluster, study_file, tmp_path):  # noqa: F811
    process = run_on(cluster, study_file, tmp_path / "out")
    lines_until(process, "Waiting for workers")
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in error


WITHOUT_DEEPCME = {"deepcme.py": "raise ModuleNotFoundError('No module named deepcme')"}
WITH_ANOTHER_NUMPY = {
    "sitecustomize.py": "import importlib.metadata as m\n"
    "true = m.version\n"
    "m.version = lambda name: '1.0' if name == 'numpy' else true(name)\n"
}


def put(folder, files):
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("packages", "words"),
    [(WITHOUT_DEEPCME, "install deepcme"), (WITH_ANOTHER_NUMPY, "numpy 1.0 instead of")],
    ids=["no deepcme", "another numpy"],
)
def test_a_worker_of_other_packages_is_one_sentence(
    packages, words, cluster, study_file, tmp_path  # noqa: F811
):  # fmt: skip
    cluster.add_worker(put(tmp_path / "packages", packages))
    process = run_on(cluster, study_file, tmp_path / "out")
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 2, error
    line = error.strip().splitlines()[-1]
    assert line.startswith("deepcme: ") and words in line, error
    assert "Traceback" not in error


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
def test_the_scheduler_needs_no_deepcme(study_file, alone, tmp_path):  # noqa: F811
    cluster = Cluster(tmp_path, put(tmp_path / "packages", WITHOUT_DEEPCME))
    try:
        cluster.add_worker()
        process = run_on(cluster, study_file, tmp_path / "out")
        error = process.communicate(timeout=240)[1]
    finally:
        cluster.end()
    assert process.returncode == 0, error
    assert tables(tmp_path / "out") == alone


@dataclass(frozen=True, kw_only=True)
class Ending(Task):
    """Ends its worker, or does nothing."""

    ends: bool

    @property
    def title(self):
        return self.key

    def run(self, data):
        if self.ends:
            os._exit(1)
        return {}


@pytest.mark.cause("dask-workers")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask's
def test_a_fit_that_ends_every_worker_fails_and_the_others_are_done(cluster):
    for _ in range(5):
        cluster.add_worker()
    tasks = [
        Ending(key=f"ending-{n}", part="", split_number=0, split=None, ends=n == 0)
        for n in range(4)
    ]
    found = {task.key: result for task, result, _ in run_on_dask(None, tasks, cluster.address)}
    assert set(found) == {task.key for task in tasks}
    assert "perhaps for lack of memory" in found["ending-0"]
    assert found["ending-3"] == {}
