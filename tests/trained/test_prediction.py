"""One row per sample, with what may be wrong about it."""

from dataclasses import replace

import numpy as np

from deepcme.evaluation.metrics import compute_auc
from deepcme.report.external.patients import write_patients
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import far_out_fence, predict, round_predictions
from tests.trained.conftest import bundle_cohort, ensembl_ids


def test_one_row_per_sample(model, other_cohort):
    predictions = predict(model, expression_of(other_cohort))
    table = predictions.table
    assert table["sample"].tolist() == list(other_cohort.samples)
    assert compute_auc(other_cohort.labels, table["probability"]) > 0.8
    threshold = model.manifest.threshold.probability
    assert (table["positive"] == (table["probability"] >= threshold)).all()
    assert (table["threshold"] == threshold).all()
    assert (table["coverage"] == 1).all()
    assert (table["remark"] == "").all()
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


def of_slope_0(model):
    """As a model that learned nothing: everybody has one probability, which is the threshold."""
    manifest = model.manifest
    line = manifest.calibration.model_copy(update={"intercept": -0.7, "slope": 0.0})
    threshold = manifest.threshold.model_copy(update={"probability": 1 / (1 + np.exp(0.7))})
    return replace(
        model,
        manifest=manifest.model_copy(
            update={
                "calibration": line,
                "threshold": threshold,
                "notes": ["Warning: this model predicts nothing.", "A note."],
            }
        ),
    )


def test_a_model_whose_predictions_do_not_rise_with_the_risk_calls_nobody(model, other_cohort):
    predictions = predict(of_slope_0(model), expression_of(other_cohort))
    assert predictions.table["probability"].nunique() == 1
    assert predictions.table["positive"].isna().all()
    assert (round_predictions(predictions.table)["positive"] == "").all()
    assert predictions.notes[-2:] == [
        "Warning: of the model: this model predicts nothing.",
        "Warning: no sample is called positive or negative: this model's predictions do not "
        "rise with the risk.",
    ]
    assert "No sample was called positive or negative." in predictions.describe()


def test_what_was_found_in_a_sentence(model, other_cohort):
    expression = expression_of(other_cohort)
    expression = replace(expression, X=expression.X.copy())
    expression.X[0] = np.nan
    predictions = predict(model, expression)
    found = predictions.table.dropna(subset="probability")
    probability, threshold = found["probability"], model.manifest.threshold.probability
    assert predictions.describe() == (
        f"{(probability >= threshold).sum()} of 119 samples positive, at the threshold of "
        f"{threshold:.3f}. Probabilities run from {probability.min():.3f} to "
        f"{probability.max():.3f}. 1 sample without a prediction."
    )


def test_how_far_a_sample_is_does_not_sink_with_what_it_lacks(model):
    cohort = bundle_cohort(ensembl_ids(), seed=2)
    cohort.X[0] *= 1000
    cohort.X[0, 20:] = np.nan
    assert predict(model, expression_of(cohort), allow_missing=True).table["far"][0]


def test_the_page_of_samples_says_what_pushes_each_and_escapes_names(
    model, other_cohort, tmp_path
):
    samples = expression_of(other_cohort)
    names = ["<b>first</b>", *list(samples.samples)[1:]]
    predictions = predict(model, replace(samples, samples=names))
    write_patients(predictions, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<b>first" not in page
    assert page.count('<details class="part">') == 50
    assert f"the first 50 of {len(names)} samples" in page
    assert "not a medical device" in page
    row = predictions.table.iloc[0]
    of_first = predictions.pushes[predictions.pushes["sample"] == "<b>first</b>"]
    assert row["genes"].split(" ")[0] == of_first["gene"].iloc[0]
    assert f"probability {row['probability']:.0%}, " in page
