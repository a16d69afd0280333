"""What a study announces: everything it was asked for, and about how long that takes."""

import pytest

from deepcme.study import estimate
from deepcme.study.estimate import describe_expected_time
from deepcme.study.parts import fits
from deepcme.study.parts.models import MODELS
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


def announced(study, folder, capsys):
    run_study(study, folder, jobs=1)
    return capsys.readouterr().err


def test_a_default_study_is_not_timed(quick_study, tmp_path, capsys):
    assert "fits to do" not in announced(quick_study(models=["LR"]), tmp_path / "out", capsys)


def test_steps_of_gene_selection_are_counted(quick_study, tmp_path, capsys):
    study = quick_study(models=["LR"], selection=ASKED)
    said = announced(study, tmp_path / "out", capsys)
    steps = len(SELECTION.of(make_plan(study, invented_cohort())))
    assert (
        f"2 fits to do, which train 0 networks, and {steps} steps of gene selection: about "
        in said
    )


def test_the_ensemble_is_refitted_in_folds_but_not_for_nulls(quick_study, monkeypatch):
    monkeypatch.setattr(fits, "_seconds_per_epoch", lambda *_: 1.0)
    study = quick_study(models=[ENSEMBLE], nulls={"permutations": 1})
    plan = make_plan(study, invented_cohort())
    # Two splits of three networks of ten epochs of a second each; of the study itself, three
    # more times on two thirds of the patients.
    studied = MODELS.of(plan)
    assert "about 3 min on 1 process." in describe_expected_time(plan, studied, 1)
    assert "about 4 min on 1 process." in describe_expected_time(plan, plan.tasks, 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_kind_is_timed_once_and_counts_as_often_as_it_comes(
    quick_study, monkeypatch, jobs
):
    timed = []
    monkeypatch.setattr(
        estimate, "_seconds", lambda plan, task: timed.append(task.title) or 10.0
    )
    nulls = {"permutations": 2, "gene_sets": 1, "sizes": [3]}
    study = quick_study(models=[QUICK_NETWORK, "LR"], nulls=nulls, selection=ASKED)
    plan = make_plan(study, invented_cohort())
    steps = SELECTION.of(plan)
    said = describe_expected_time(plan, plan.tasks, jobs)
    # Networks: two splits of the study, two of each null run; LR is left out.
    seconds = 10 * (2 + 3 * 2 + len(steps)) / jobs
    assert f"about {seconds / 60:.0f} min on {jobs} process" in said
    assert len(timed) == 1 + 1 + 6
