"""Fits on a Dask cluster: whatever becomes of it is told in one sentence."""

import asyncio
import socket
from types import SimpleNamespace

import pytest

from deepcme import DeepCMEError
from deepcme.study.executors import cluster
from deepcme.study.executors.cluster import run_on_dask

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
ADDRESS = "tcp://127.0.0.1:8786"
TASK = SimpleNamespace(title="LR on split 1")


@pytest.fixture
def another_service():
    """Takes connections and says nothing, as a web server does until it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "nonsense", "far://127.0.0.1:1", "", "another_service"]
)
@pytest.mark.filterwarnings("ignore")  # of Dask's, which the thread that asks would end on
def test_no_scheduler_is_told_in_one_sentence(address, request, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 3)
    address = request.getfixturevalue(address) if address == "another_service" else address
    with pytest.raises(DeepCMEError, match="No Dask scheduler answers at") as caught:
        list(run_on_dask(None, [], address))
    assert repr(address) in str(caught.value)


def test_a_start_that_dask_cancels_is_tried_again(monkeypatch):
    answers = iter([asyncio.CancelledError(), OSError("the second answer")])

    def connect(address, timeout):
        raise next(answers)

    monkeypatch.setattr(cluster, "_require_greeting", lambda address: None)
    monkeypatch.setattr(distributed, "Client", connect)
    with pytest.raises(DeepCMEError, match="No Dask scheduler answers at") as caught:
        list(run_on_dask(None, [], ADDRESS))
    assert "the second answer" in str(caught.value.__cause__)


def test_that_there_are_no_workers_is_said_now_and_then(monkeypatch, capsys):
    workers = {}
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(cluster.time, "monotonic", lambda: clock.now)
    client = SimpleNamespace(scheduler_info=lambda: {"workers": workers})
    watch = cluster._Watch(client, ADDRESS)

    def said_in(seconds):
        for _ in range(int(seconds)):
            clock.now += 1.0
            watch.look()
        return capsys.readouterr().err.splitlines()

    waiting = f"Waiting for workers at {ADDRESS}"
    start = f"Start some with: dask worker --nthreads 1 {ADDRESS}"
    assert said_in(1500) == [f"{waiting}. {start}"] * 3
    workers["first"] = {}
    assert said_in(1500) == []
    workers.clear()
    lost = "its last worker is lost, perhaps for lack of memory"
    assert said_in(100) == [f"{waiting}: {lost}. {start}"]


def outcome_of(status, result):
    return cluster._outcome_of(SimpleNamespace(status=status), result, TASK, ADDRESS)


def test_a_fit_that_loses_every_worker_has_failed_and_names_memory():
    from distributed.scheduler import KilledWorker

    task, text = outcome_of("error", KilledWorker("key", None, 3))
    assert task is TASK
    assert "perhaps for lack of memory" in text and "--memory-limit" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("status", "result", "words"),
    [
        ("cancelled", asyncio.CancelledError(), "The Dask scheduler at .* was lost: start it"),
        ("lost", None, "The Dask scheduler at .* was lost: start it"),
        (
            "error",
            ModuleNotFoundError("No module named 'deepcme'"),
            r"cannot take a fit \(ModuleNotFoundError: No module named 'deepcme'\): install",
        ),
        (
            "error",
            cluster._OtherVersionsError("numpy 1.0 instead of 2.0"),
            "has numpy 1.0 instead of 2.0, which may give other numbers",
        ),
    ],
)
def test_what_is_no_fault_of_a_fit_ends_the_run(status, result, words):
    with pytest.raises(DeepCMEError, match=words) as told:
        outcome_of(status, result)
    assert "the same command goes on" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_worker_with_other_packages_takes_no_fit():
    versions = {**cluster._versions_that_matter(), "numpy": "1.0"}
    with pytest.raises(cluster._OtherVersionsError, match=r"^numpy .* instead of 1\.0$"):
        cluster._try_with(versions, None, TASK)
