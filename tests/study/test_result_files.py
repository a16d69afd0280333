"""The results of tasks as files: kept, found damaged, made again."""

from dataclasses import dataclass

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.base.errors import DamagedError
from deepcme.cohort.splits import Split
from deepcme.study.result_files import ResultFiles
from deepcme.study.tasks import Task, are_rows

ROWS = np.arange(3)


@dataclass(frozen=True, kw_only=True)
class Means(Task):
    """Leaves the means of three rows."""

    @classmethod
    def with_key(cls, key):
        return cls(key=key, part="means", split_number=1, split=Split(ROWS, ROWS[:0], ROWS))

    @property
    def title(self):
        return f"means {self.key}"

    def run(self, data):
        return {"mean": np.zeros(3)}

    def is_result(self, arrays):
        return are_rows(arrays, "f", "mean", length=3)


@pytest.fixture
def kept(tmp_path):
    return ResultFiles(tmp_path)


def test_what_was_saved_while_others_came_is_there_in_the_end(kept):
    tasks = [Means.with_key(f"{number:032x}") for number in range(40)]
    with kept.saving() as save:
        for number, task in enumerate(tasks):
            save(task, {"mean": np.full(3, float(number))})
    found = [arrays["mean"][0] for _, arrays in kept.results(tasks)]
    assert found == list(range(40))
    assert len(list(kept.path.glob("tasks/*"))) == 40


def test_what_was_on_its_way_is_kept_when_the_work_is_stopped(kept):
    task = Means.with_key("a" * 32)
    with pytest.raises(KeyboardInterrupt), kept.saving() as save:
        save(task, {"mean": np.zeros(3)})
        raise KeyboardInterrupt
    assert kept.has(task)


def test_a_disk_that_refuses_is_not_overheard(kept, monkeypatch):
    monkeypatch.setattr(ResultFiles, "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"), kept.saving() as save:
        save(Means.with_key("a" * 32), {"mean": np.zeros(3)})


def test_a_result_of_another_shape_is_damaged_and_goes(kept):
    good, bad = Means.with_key("a" * 32), Means.with_key("b" * 32)
    kept.save(good, {"mean": np.zeros(3)})
    kept.save(bad, {"mean": np.zeros((3, 1))})
    with pytest.raises(DamagedError, match="run the same command again") as told:
        kept.load(bad)
    assert isinstance(told.value, DeepCMEError)
    assert kept.remove_damaged([good, bad]) == 1
    assert (kept.has(good), kept.has(bad)) == (True, False)


@pytest.mark.parametrize(
    ("array", "fits"),
    [
        (np.zeros(3), True),
        (np.zeros(3, dtype=np.float32), True),
        (np.zeros(2), False),
        (np.zeros(3, dtype=int), False),
        (np.zeros((3, 3)), False),
        (np.array(0.0), False),
    ],
)
def test_rows_are_of_one_kind_and_length(array, fits):
    assert are_rows({"mean": array}, "f", "mean", length=3) is fits
    assert not are_rows({"mean": array}, "f", "mean", "other", length=3)
