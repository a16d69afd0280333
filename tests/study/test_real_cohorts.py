"""Slow proofs on real cohorts: the ensemble keeps up with well-tuned logistic regression."""

import pytest

from deepcme.evaluation.comparison import compute_comparison
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import binary_transbig
from tests.real_cohorts import load_real_cohort

pytestmark = [pytest.mark.slow, pytest.mark.shared]

MOST_BELOW = 0.02
SPLITS = 30
FORMER_DROPOUT = {
    "name": "dropout 0.5",
    "estimator": "DeepCME-ensemble",
    "parameters": {"dropout": 0.5},
}


def compare(cohort, folder, *more):
    """Predictions of the ensemble and of LR-tuned in thirty splits by patient."""
    folder.mkdir()
    cohort.save(folder / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": folder / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": SPLITS},
            "models": ["DeepCME-ensemble", "LR-tuned", *more],
        }
    )
    results = run_study(study, folder / "out", quiet=True)
    predictions = results.read_table("predictions.parquet")
    metrics = results.read_table("metrics.csv")
    test = metrics[(metrics["part"] == "test") & (metrics["metric"] == "auc")]
    means = test.groupby("model", sort=False)["value"].mean()
    both = ["DeepCME-ensemble", "LR-tuned"]
    return means, compute_comparison(predictions, both[0], both[1:], refitted=both).iloc[0]


def figures(name, means, difference):
    aucs = ", ".join(f"{model} {value:.3f}" for model, value in means.items())
    return (
        f"{name}: {aucs}; ensemble minus LR-tuned {difference['difference']:+.3f} "
        f"({difference['ci_low']:+.3f} to {difference['ci_high']:+.3f}), n {difference['n']}, "
        f"events {difference['events']}"
    )


@pytest.mark.parametrize("name", ["TRANSBIG", "veer2002_symbols", "GSE25055"])
def test_the_ensemble_is_no_more_than_two_hundredths_below(shared_data, tmp_path, name, say):
    cohort = binary_transbig() if name == "TRANSBIG" else load_real_cohort(shared_data, name)
    means, difference = compare(cohort, tmp_path / "study")
    say(figures(name, means, difference))
    assert means["DeepCME-ensemble"] >= means["LR-tuned"] - MOST_BELOW


@pytest.mark.parametrize(
    "name",
    [
        "gse1992_relapse",
        "vdx_gse2034_gse5327_150_symbols",
        "tcga_blca_hcmdb",
        "gse6099_prostate_met_vs_primary",
    ],
)
def test_so_it_is_on_cohorts_that_chose_none_of_its_settings(shared_data, tmp_path, name, say):
    """The dropout of 0.7 was chosen on other cohorts; the former one is printed beside it.

    Where the truth is not known, the test asks whether the ensemble is demonstrably
    worse by more than the margin: the interval is that of the corrected t-test.
    """
    means, difference = compare(
        load_real_cohort(shared_data, name), tmp_path / "study", FORMER_DROPOUT
    )
    say(figures(name, means, difference))
    assert difference["ci_high"] >= -MOST_BELOW
