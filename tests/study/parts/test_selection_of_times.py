"""Gene selection in a study of times: the same tables, by Uno's C and Cox regressions."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.selection import SELECTION
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from tests.study.times import QUICK, QUICK_COX, study_of_times, survival_cohort

NETWORKS = [
    {"name": "DeepCME-Cox", "parameters": QUICK},
    {"name": "DeepCME-Cox-ensemble", "parameters": {**QUICK, "n_networks": 2}},
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "cohort.h5ad"
    survival_cohort(n=90).save(path)
    return study_of_times(
        path,
        models=[QUICK_COX, *NETWORKS],
        selection={"run": True, "random_panels": 1, "pairs": 2},
        survival={"censoring": ["place"]},
    )


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run_study(study, tmp_path_factory.mktemp("out") / "study", jobs=1, quiet=True)


def test_the_gene_behind_the_hazard_is_found_by_each_method(folder):
    choice = folder.read_table("panel_choice.csv")
    assert choice["ranker"].tolist() == ["soft-path", "cox-lasso"]
    assert (choice["uno_c"] > choice["random_high"]).all()
    genes = folder.read_table("selection_genes.csv").set_index("gene")
    first = genes.loc["gene0"]
    assert (first["split_frequency"], first["half_frequency"], first["stable"]) == (1, 1, True)
    assert folder.read_table("panel_genes.csv")["gene"][0] == "gene0"


def test_claims_count_patients_and_events(folder):
    claims = folder.read_table("selection_claims.csv")
    assert (claims["n"] == 90).all()
    assert (claims["events"] == survival_cohort(n=90).outcome.events.sum()).all()
    assert claims["method"].tolist() == ["knockoffs", *["stability selection"] * 2]


def test_the_curve_is_of_the_studys_own_test_parts(folder):
    held_out = folder.read_table("panel_predictions.parquet")
    fitted = folder.read_table("predictions.parquet")
    fitted = fitted[(fitted["part"] == "test") & (fitted["model"] == "Cox-ridge")]
    whole = held_out[held_out["n_genes"] == 0].merge(fitted, on=["split", "sample"])
    assert len(whole) == len(fitted) == 90
    assert (whole["time_x"] == whole["time_y"]).all()
    assert (whole["event_x"] == whole["event_y"]).all()


def test_genes_are_scored_of_the_network_of_times_that_is_fitted_on_both_parts(study, folder):
    scores = folder.read_table("held_out_gene_scores.csv")
    assert set(scores["model"]) == {"DeepCME-Cox-ensemble"}
    assert scores["permutation"].notna().all()
    assert (folder.read_table("score_agreement.csv")["splits"] == 3).all()
    scored = {task.model.name for task in MODELS.of(make_plan(study, survival_cohort(n=90)))
              if task.score_genes}  # fmt: skip
    assert scored == {"DeepCME-Cox-ensemble"}


@pytest.mark.parametrize("kind", ["panel", "decoys", "half"])
def test_nothing_is_learned_of_patients_held_out(study, kind):
    """Their expression, times and events are poisoned."""
    cohort = survival_cohort(n=90)
    plan = make_plan(study, cohort)
    data = CohortArrays.of(cohort)
    everybody = np.arange(len(data.X))
    orders = set()
    for task in SELECTION.of(plan):
        held_out = np.setdiff1d(everybody, task.rows)
        if task.kind != kind or task.order.name in orders or not len(held_out):
            continue
        orders.add(task.order.name)
        X, times, ends = data.X.copy(), cohort.outcome.times.copy(), cohort.outcome.ends.copy()
        X[held_out] *= 1000
        times[held_out], ends[held_out] = 0.01, 1 - ends[held_out]
        outcome = SurvivalOutcome(times, ends, cohort.outcome.endpoint)
        clean, moved = task.run(data), task.run(replace(data, X=X, outcome=outcome))
        for name in set(clean) - {"scores"}:
            np.testing.assert_array_equal(clean[name], moved[name])
    assert orders
