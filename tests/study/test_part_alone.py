"""One part of a study runs by itself in a folder of its own, and goes on there."""

import pytest

from deepcme import DeepCMEError
from deepcme.study.parts.selection import PANELS
from deepcme.study.parts.selection_steps import SelectionStep
from deepcme.study.run import TasksFailedError, run_part, run_study


@pytest.fixture
def study(quick_study):
    def make(**options):
        selection = {"run": True, "rankers": ["mean-rank"], "random_panels": 1}
        return quick_study(models=["LR-tuned"], selection=selection, **options)

    return make


def run(study, out):
    return run_part(PANELS, study, out, label="Panels", jobs=1, quiet=True)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_what_was_stopped_goes_on_and_ends_as_if_it_had_not_been(study, tmp_path, monkeypatch):
    run(study(), tmp_path / "whole")
    take = SelectionStep.run

    def stop_at_second_split(step, data):
        if step.split_number == 2:
            raise RuntimeError("no memory")
        return take(step, data)

    monkeypatch.setattr(SelectionStep, "run", stop_at_second_split)
    with pytest.raises(TasksFailedError, match="3 of 7 fits failed"):
        run(study(), tmp_path / "out")
    assert not list((tmp_path / "out").glob("panel_*.csv"))
    done = []
    monkeypatch.setattr(
        SelectionStep, "run", lambda step, data: done.append(step) or take(step, data)
    )
    tables = run(study(), tmp_path / "out")
    assert [step.split_number for step in done] == [2, 2, 2]
    whole = {path.name: content for path, content in files_of(tmp_path / "whole").items()}
    assert {path.name: c for path, c in files_of(tmp_path / "out").items()} == whole
    assert tables.keys() == set(PANELS.tables) <= whole.keys()


def test_another_seed_takes_another_folder(study, tmp_path):
    run(study(), tmp_path / "out")
    with pytest.raises(DeepCMEError, match=r"\(seed is 1 there and 2 here\): choose another"):
        run(study(seed=2), tmp_path / "out")


def test_the_folder_of_a_whole_study_is_left_alone(study, quick_study, tmp_path):
    folder = run_study(quick_study(models=["KNN"]), tmp_path / "out", jobs=1, quiet=True)
    before = files_of(folder.path)
    with pytest.raises(DeepCMEError, match="out: the folder of a whole study: choose another"):
        run(study(), folder.path)
    assert files_of(folder.path) == before
