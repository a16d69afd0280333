"""A worker process that is killed, faults or lacks memory is one sentence."""

import os
import signal
import sys

import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.models.registry import ENSEMBLE
from deepcme.study.executors.attempt import try_task
from tests.attacks.command import deepcme
from tests.attacks.running import running, write_study

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")

KILLED = "A worker process was killed (SIGKILL) "
FEWER = "as systems do when memory runs out: give fewer --jobs (it was 2); the same command "


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


def require_one_sentence(command, *words):
    _, err = command.process.communicate(timeout=120)
    assert command.process.returncode == 2, err
    assert "Traceback" not in err and "Fatal Python error" not in err, err
    said = [line for line in err.splitlines() if line.startswith("deepcme: ")]
    assert len(said) == 1 and err.endswith(f"{said[0]}\n"), err
    for word in words:
        assert word in said[0], said[0]


@pytest.mark.cause("lost-worker")
@pytest.mark.parametrize(
    ("ended_by", "words"),
    [
        ("signal.raise_signal, [(9,)]", (KILLED, FEWER)),
        ("os.abort, [()]", ("broke down (SIGABRT) ", "memory", "--jobs (it was 2)")),
        ("ctypes.string_at, [(8,)]", ("broke down (SIGSEGV) ", "memory", "--jobs (it was 2)")),
        ("os._exit, [(3,)]", ("broke down ", "memory", "give fewer --jobs (it was 2)")),
        ("bytearray, [(1 << 60,)]", ("Memory ran out ", "give fewer --jobs (it was 2)")),
    ],
    ids=["SIGKILL", "SIGABRT", "SIGSEGV", "exit", "MemoryError"],
)
def test_a_lost_worker_is_one_sentence(tmp_path, ended_by, words):
    with running(tmp_path, call=f"list(run_parallel({ended_by} * 8, 2))") as command:
        require_one_sentence(command, *words, "; the same command begins again.")


@pytest.mark.cause("lost-worker")
def test_where_no_program_lists_the_processes_it_is_one_sentence_too(tmp_path):
    bare = "import os, sys; sys.modules['psutil'] = None; os.environ['PATH'] = '/nowhere'"
    call = "list(run_parallel(signal.raise_signal, [(9,)] * 8, 2))"
    with running(tmp_path, call=call, before=bare) as command:
        require_one_sentence(command, KILLED, FEWER, "begins again.")


@pytest.mark.cause("lost-worker")
@pytest.mark.attack
def test_a_study_keeps_its_fits_and_goes_on(tmp_path, study):
    asked = ["run", study, "--out", tmp_path / "out", "--jobs", 2]
    with running(tmp_path, *asked) as command:
        command.wait_for(lambda: [*tmp_path.glob("out/tasks/*.npz")])
        os.kill(command.workers()[0], signal.SIGKILL)
        require_one_sentence(command, KILLED, "after ", " of 20 fits", FEWER, "goes on.")
    assert [*tmp_path.glob("out/tasks/*.npz")]
    assert deepcme(*asked, "--quiet", timeout=200).code == 0


@pytest.mark.cause("lost-worker")
@pytest.mark.attack
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
@pytest.mark.parametrize("work", ["train", "panel", "transfer"])
def test_other_work_with_workers(tmp_path, study, work, number):
    cohort = study.parent / "cohort.h5ad"
    other = write_study(tmp_path).with_name("other.h5ad")
    (tmp_path / "cohort.h5ad").rename(other)
    asked = {
        "train": [
            "train",
            cohort,
            "-o",
            tmp_path / "model",
            "--model",
            ENSEMBLE,
            "--repeats",
            1,
        ],
        "panel": ["panel", cohort, "--out", tmp_path / "out"],
        "transfer": [
            "transfer",
            cohort,
            other,
            "-o",
            tmp_path / "o",
            "--allow-training-samples",
        ],
    }[work]
    with running(tmp_path, *asked, "--jobs", 2) as command:
        command.wait_for_workers()
        os.kill(command.workers()[0], number)
        require_one_sentence(
            command, "A worker process ", "memory", "give fewer --jobs (it was 2)"
        )
    assert not (tmp_path / "model").exists() and not [*tmp_path.glob("o/*")]


@pytest.mark.cause("lost-worker")
def test_memory_that_runs_out_in_a_fit_names_memory_and_jobs(cohort):
    class Greedy:
        def run(self, data):
            raise MemoryError

    outcome = try_task(CohortArrays.of(cohort), Greedy())
    last = outcome.result.splitlines()[-1]
    assert last.startswith("memory ran out; give fewer --jobs")
