import resource
import subprocess
import sys

import pytest

from deepcme.base import memory
from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import SMALL, available_bytes, require_memory

GB = 10**9


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """The kernel's files of an invented machine with 8 GiB free; returns a way to add some."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("meminfo", "MemTotal:       16777216 kB\nMemAvailable:    8388608 kB\n")
    monkeypatch.setattr(memory, "_MACHINE", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_OWN_CGROUPS", tmp_path / "own_cgroup")
    return write


def test_what_the_machine_has_free_is_available(kernel):
    assert available_bytes() == 8 * 1024**3


def test_a_container_leaves_its_limit_less_what_it_uses_but_for_cached_files(kernel):
    kernel("own_cgroup", "0::/job/step\n")
    kernel("cgroup/job/step/memory.max", "max\n")
    kernel("cgroup/job/step/memory.current", "500\n")
    kernel("cgroup/job/memory.max", "3000\n")
    kernel("cgroup/job/memory.current", "1000\n")
    kernel("cgroup/job/memory.stat", "anon 700\ninactive_file 250\n")
    assert available_bytes() == 2250


def test_older_kernels_keep_the_limits_elsewhere(kernel):
    kernel("own_cgroup", "5:cpu:/x\n4:memory,misc:/batch\n0::/\n")
    kernel("cgroup/memory/batch/memory.limit_in_bytes", "9000\n")
    kernel("cgroup/memory/batch/memory.usage_in_bytes", "4000\n")
    kernel("cgroup/memory/batch/memory.stat", "total_inactive_file 100\n")
    assert available_bytes() == 5100


def test_a_group_that_is_over_its_limit_leaves_nothing(kernel):
    kernel("own_cgroup", "0::/\n")
    kernel("cgroup/memory.max", "100\n")
    kernel("cgroup/memory.current", "200\n")
    assert available_bytes() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such limit")
@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_ulimit_leaves_its_limit_less_what_is_taken(limit):
    code = "from deepcme.base.memory import available_bytes; print(available_bytes())"

    def limited():
        resource.setrlimit(getattr(resource, limit), (GB, GB))

    ended = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=limited, capture_output=True, check=True
    )
    assert 0.1 * GB < int(ended.stdout) < GB


def test_what_fits_is_let_through(tmp_path, kernel):
    path = tmp_path / "study.parquet"
    path.write_bytes(bytes(10**6))
    require_memory(SMALL, path, "its matrix")
    require_memory(int(0.2 * GB), path, "its matrix")


def test_what_is_larger_than_the_free_memory_is_refused_with_both_figures(tmp_path, kernel):
    path = tmp_path / "study.h5ad"
    with path.open("wb") as file:
        file.truncate(10 * GB)
    with pytest.raises(DeepCMEError) as refused:
        require_memory(6 * GB, path, "its matrix")
    assert str(refused.value) == (
        f"{path}: its matrix would take about 12 GB of memory and 8.6 GB are free: leave out "
        "what is not needed, or use a computer with more memory."
    )


def test_what_is_in_memory_already_need_not_be_free(tmp_path, kernel):
    path = tmp_path / "study.csv"
    with path.open("wb") as file:
        file.truncate(10 * GB)
    require_memory(6 * GB, path, "its matrix", held=5 * GB)


def test_what_unfolds_to_far_more_than_its_size_is_refused(tmp_path, kernel):
    path = tmp_path / "bomb.parquet"
    path.write_bytes(bytes(1000))
    with pytest.raises(DeepCMEError, match="about 300 MB, over 200 times the size"):
        require_memory(300_000_000, path, "its matrix")


def test_this_machine_has_some_memory_free():
    available = available_bytes()
    assert available is not None and available > 10**7
