"""Whole studies of simulated cohorts of times find what is there, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.report.results import StudyResults
from deepcme.simulation.survival import (
    TRUTH,
    FollowUpDesign,
    SurvivalDesign,
    simulate_survival_cohort,
)
from deepcme.study.parts.added_value import CLINICAL
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

pytestmark = pytest.mark.slow

DESIGN = SurvivalDesign(
    samples=400, genes=60, signal_genes=6, effect=0.5, rare_genes=0.0, module_size=10,
    repeated_samples=0.0, follow_up=FollowUpDesign(horizon=5.0, risk=0.4),
)  # fmt: skip
NOTHING = replace(DESIGN, samples=200, signal_genes=0, effect=0.0)


def measure_concordance(cohort, folder, **settings):
    """Uno's C of each model of a study of the cohort, with its interval."""
    folder.mkdir()
    cohort.save(folder / "cohort.h5ad")
    models = [{"name": "Cox-ridge"}, {"name": "Cox-top-200"}]
    study = make_study(
        {"cohort": {"path": str(folder / "cohort.h5ad")}, "models": models, **settings}
    )
    results = StudyResults.read(run_study(study, folder / "results", jobs=1, quiet=True))
    table = compute_survival_discrimination(results.evaluation)
    return table[table["measure"] == "uno_c"].set_index("model")


def test_a_study_comes_near_the_truth(tmp_path, say):
    """The true log hazards, as a clinical column, have the true C; the genes nearly so."""
    cohort = simulate_survival_cohort(DESIGN, seed=3)
    truth = cohort.provenance["truth"]["concordance"]
    found = measure_concordance(cohort, tmp_path / "study", clinical={"columns": [TRUTH]})
    known, learned = found.loc[CLINICAL], found.loc["Cox-ridge"]
    say(f"true C {truth:.3f}: known {known['value']:.3f}, learned {learned['value']:.3f}")
    assert known["ci_low"] < truth < known["ci_high"]
    assert truth - 0.08 < learned["value"] < truth + 0.03
    assert learned["ci_low"] > 0.5


def test_studies_find_nothing_where_there_is_nothing(tmp_path, say):
    found = [
        measure_concordance(simulate_survival_cohort(NOTHING, seed), tmp_path / str(seed)).loc[
            "Cox-ridge"
        ]
        for seed in range(1, 9)
    ]
    values = [row["value"] for row in found]
    covered = [row["ci_low"] <= 0.5 <= row["ci_high"] for row in found]
    say(f"C where there is nothing: {np.mean(values):.3f}, intervals {sum(covered)} of 8")
    assert np.mean(values) == pytest.approx(0.5, abs=0.03)
    assert sum(covered) >= 7
