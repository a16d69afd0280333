"""What a study announces: everything it was asked for, and about how long that takes."""

import pytest

from deepcme.base.workload import Piece, Workload
from deepcme.study import estimate
from deepcme.study.estimate import describe_expected_time, expect_pieces, in_order
from deepcme.study.fits import costs
from deepcme.study.parts.selection import SELECTION
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from tests.conftest import invented_cohort
from tests.study.conftest import QUICK_NETWORK

ENSEMBLE = {
    "name": "DeepCME-ensemble",
    "parameters": {"hidden_layers": [4], "max_epochs": 10, "n_networks": 3},
}
ASKED = {"run": True, "rankers": ["mean-rank"], "random_panels": 1, "pairs": 1}


@pytest.fixture
def plan(quick_study):
    """Fast and slow models, null runs and gene selection."""
    nulls = {"permutations": 2}
    models = [ENSEMBLE, QUICK_NETWORK, "LR", "KNN"]
    return make_plan(
        quick_study(models=models, nulls=nulls, selection=ASKED), invented_cohort()
    )


@pytest.fixture
def timed(monkeypatch):
    """Networks whose every epoch takes a second, in a study that is worth timing."""
    monkeypatch.setattr(estimate, "_TIMED_SECONDS", 0.0)
    monkeypatch.setattr(costs, "time_epoch", lambda *_: 1.0)


def test_a_quick_study_is_not_announced(quick_study, tmp_path, capsys):
    run_study(quick_study(models=["LR"]), tmp_path / "out", jobs=1)
    assert "fits to do" not in capsys.readouterr().err


def test_what_is_to_do_is_counted(quick_study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(estimate, "ANNOUNCED_SECONDS", 0.0)
    study = quick_study(models=["LR"], selection=ASKED)
    run_study(study, tmp_path / "out", jobs=1)
    steps = len(SELECTION.of(make_plan(study, invented_cohort())))
    assert (
        f"2 fits to do, which train 0 networks, and {steps} steps of gene selection: about "
        in capsys.readouterr().err
    )


def test_an_ensemble_is_trained_again_in_folds_but_not_for_nulls(plan, timed):
    pieces = expect_pieces(plan, plan.tasks)
    seconds = {
        task.part: pieces[task.key].seconds
        for task in plan.tasks
        if task.part != "selection" and task.model.name == ENSEMBLE["name"]
    }
    # Again in three folds, of two thirds of the patients.
    assert seconds["models"] == pytest.approx(3 * seconds["nulls"], rel=0.2)


def test_one_of_each_kind_comes_first_then_stage_after_stage_the_long_ones(plan, timed):
    pieces = list(expect_pieces(plan, plan.tasks).values())
    kinds = {piece.kind for piece in pieces}
    first, rest = pieces[: len(kinds)], pieces[len(kinds) :]
    assert {piece.kind for piece in first} == kinds
    seconds = [piece.seconds for piece in first]
    assert seconds == sorted(seconds, reverse=True)
    stages = [piece.stage for piece in rest]
    assert stages == sorted(stages)


def test_what_shares_its_rows_stands_together_where_its_longest_is():
    pieces = {
        "short of a": Piece(1, "short", group="a"),
        "short of b": Piece(1, "short", group="b"),
        "long of a": Piece(9, "long", group="a"),
        "long of b": Piece(8, "long", group="b"),
        "alone": Piece(8.5, "long"),
        "later": Piece(20, "long", group="a", stage=1),
        "one more of a": Piece(2, "short", group="a"),
    }
    assert [*in_order(pieces)] == [
        *("later", "one more of a"),  # the longest of each kind
        *("long of a", "short of a", "alone", "long of b", "short of b"),
    ]


def test_permutations_come_by_tens_split_by_split_after_all_else(quick_study):
    study = quick_study(models=["LR"], nulls={"permutations": 12})
    plan = make_plan(study, invented_cohort())
    pieces = expect_pieces(plan, plan.tasks)
    by_key = {task.key: task for task in plan.tasks}
    nulls = [by_key[key] for key in pieces if by_key[key].part == "nulls"]
    ordered = [(task.split_number, task.null.number) for task in nulls]
    assert {number for _, number in ordered[:20]} == set(range(1, 11))
    rest = ordered[1:20]  # one was ahead, of a kind that is timed
    assert [split for split, _ in rest] == sorted(split for split, _ in rest)
    assert [by_key[key].part for key in pieces][1:3] == ["models", "models"] or (
        [by_key[key].part for key in pieces][:3].count("models") == 2
    )


def test_every_task_is_expected_to_take_some_time(plan):
    pieces = expect_pieces(plan, plan.tasks)
    assert pieces.keys() == {task.key for task in plan.tasks}
    assert all(0 < piece.seconds < 60 for piece in pieces.values())


def test_the_expected_time_is_that_of_all_processes(plan, timed):
    pieces = expect_pieces(plan, plan.tasks)
    said = [describe_expected_time(plan.tasks, Workload(pieces, jobs), jobs) for jobs in (1, 2)]
    assert said[0].endswith(" on 1 process.") and said[1].endswith(" on 2 processes.")
    on_a_cluster = describe_expected_time(plan.tasks, Workload(pieces, None), None)
    assert "for one process, and less by the number of the cluster's workers" in on_a_cluster


def test_what_is_done_already_is_not_expected_again(plan, timed):
    half = plan.tasks[: len(plan.tasks) // 2]
    assert expect_pieces(plan, half).keys() == {task.key for task in half}
    assert describe_expected_time([], Workload({}, 1), 1) == ""
