"""One row per sample, with what may be wrong about it."""

import numpy as np

from deepcme.bundle.expression import expression_of
from deepcme.bundle.prediction import far_out_fence, predict, round_predictions
from deepcme.evaluation.metrics import compute_auc
from tests.bundle.conftest import bundle_cohort, ensembl_ids


def test_one_row_per_sample(model, other_cohort):
    predictions = predict(model, expression_of(other_cohort))
    table = predictions.table
    assert table["sample"].tolist() == list(other_cohort.samples)
    assert compute_auc(other_cohort.labels, table["probability"]) > 0.8
    threshold = model.manifest.threshold.probability
    assert (table["positive"] == (table["probability"] >= threshold)).all()
    assert (table["spread"] > 0).all()
    assert predictions.notes[0] == "40 of the model's 40 genes (100.0%) were found."


def test_the_genes_that_matter_are_named_by_symbol(model, other_cohort):
    table = predict(model, expression_of(other_cohort)).table
    first = table["genes"].str.split("; ").str[0].str.split(" ").str[0]
    assert {"GENE1", "GENE2"} <= set(first.value_counts().index[:5])


def test_samples_far_outside_are_told(model):
    cohort = bundle_cohort(ensembl_ids(), seed=2)
    cohort.X[:3] *= 1000
    predictions = predict(model, expression_of(cohort))
    assert predictions.table["far"].tolist()[:3] == [True] * 3
    assert predictions.table["far"].mean() < 0.1
    assert "far outside the training data (S0, S1, S2" in predictions.notes[-1]


def test_the_outer_fence_is_tukeys():
    assert far_out_fence(np.arange(101.0)) == 75 + 3 * 50


def test_rounded_for_reading(model, other_cohort):
    shown = round_predictions(predict(model, expression_of(other_cohort)).table)
    assert set(shown["far"]) <= {"yes", "no"}
    assert (shown["probability"] == shown["probability"].round(6)).all()
