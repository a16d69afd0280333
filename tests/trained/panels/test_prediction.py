"""What a panel tells of a sample: by hand, with its interval, its range, and its refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from deepcme import DeepCMEError
from deepcme.trained.new_samples import Expression, read_expression
from deepcme.trained.panels.prediction import find_place, tell
from deepcme.trained.prediction import predict, round_predictions
from tests.trained.panels.invented import HORIZON, invented_panel_model

QUICKLY = settings(max_examples=40, deadline=None)
KINDS = [(kind, refit) for kind in ("binary", "survival") for refit in ("linear", "networks")]


def model_of(kind="binary", refit="linear"):
    return invented_panel_model(kind, refit, resamples=None if refit == "linear" else 5)


def samples_of(model, n, seed=1):
    """Values like those of the training patients, (n, genes and reference genes)."""
    random = np.random.default_rng(seed)
    statistics, reference = model.statistics, model.manifest.panel.reference
    logged = statistics.mean + statistics.scale * random.normal(size=(n, model.n_genes))
    if reference is not None:
        levels = random.normal(8, 0.5, size=(n, len(reference.id)))
        logged = np.hstack([logged + levels.mean(axis=1, keepdims=True), levels])
    values = np.exp2(logged) - 1 if model.manifest.preprocessing.log2 else logged
    return values.clip(0).astype(np.float32)


def told(model, X):
    return pd.DataFrame(tell(model, X, [f"S{n}" for n in range(len(X))]))


def expression_of(model, X, names=None):
    genes = names or model.manifest.genes_to_read.names
    return Expression(
        np.asarray(X, np.float32), ["A", "B", "C"][: len(X)], {"symbol": genes}, None
    )


@pytest.mark.parametrize("log2", [False, True])
@pytest.mark.parametrize("reference", [0, 3])
def test_a_linear_panel_is_its_formula(log2, reference):
    model = invented_panel_model(genes=4, log2=log2, reference=reference)
    X = samples_of(model, 6)
    V = X.astype(float)
    V = np.log2(V + 1) if log2 else V
    if reference:
        V = V[:, :4] - V[:, 4:].mean(axis=1)[:, None]
    Z = (V - model.statistics.mean.astype(float)) / model.statistics.scale.astype(float)
    line = model.manifest.calibration
    score = model.learned.intercept[0] + Z.clip(-5, 5) @ model.learned.coefficients.astype(
        float
    )
    table = told(model, X)
    risk = expit(line.intercept + line.slope * score)
    np.testing.assert_allclose(table["probability"], risk, rtol=0, atol=1e-14)
    by_resample = expit(
        model.panel.resampled[:, 0] + Z.clip(-5, 5) @ model.panel.resampled[:, 1:].T
    )
    ends = np.quantile(by_resample, [0.025, 0.975], axis=1)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]].T, ends, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(table["lowest"], table["probability"])
    np.testing.assert_array_equal(table["highest"], table["probability"])


def test_a_panel_of_times_tells_risks_of_its_baseline():
    model = model_of("survival").at_times([1.0, HORIZON])
    table = told(model, samples_of(model, 5))
    risk = 1 - np.exp(-model.baseline.hazards(HORIZON) * np.exp(table["log_hazard"]))
    np.testing.assert_allclose(table["risk"], risk, rtol=0, atol=1e-14)
    np.testing.assert_allclose(table["risk_by_5"], table["risk"], rtol=0, atol=1e-14)
    assert (table["risk_by_1"] < table["risk"]).all()
    predictors = model.panel.predictors(np.zeros((1, 5)))
    at = np.searchsorted(model.panel.hazard_times, HORIZON)
    by_hand = 1 - np.exp(-model.panel.resampled_hazards[:, at] * np.exp(predictors[0]))
    np.testing.assert_allclose(model.resampled_risks(predictors)[0], by_hand, atol=1e-14)


def test_the_interval_of_a_curve_is_that_of_the_risk_at_the_horizon():
    """And it rises only where the model's own curve does."""
    model = model_of("survival")
    predictions = predict(model, expression_of(model, samples_of(model, 3)))
    curves = predictions.curves()
    assert [*curves] == ["sample", "time", "risk", "ci_low", "ci_high"]
    at_horizon = curves[curves["time"] == HORIZON].reset_index(drop=True)
    same = ["risk", "ci_low", "ci_high"]
    np.testing.assert_allclose(at_horizon[same], predictions.table[same], rtol=0, atol=1e-12)
    steps = curves.groupby("sample")[same].diff()
    assert ((steps["risk"] > 0) >= (steps["ci_high"] > 1e-15)).all()
    inner = curves[curves["time"].between(1, 7)]
    assert (inner["ci_low"] < inner["ci_high"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_gene_gives_a_range_and_no_risk(kind):
    model = model_of(*kind)
    X = samples_of(model, 2)
    X[1, 2] = np.nan
    table = told(model, X)
    one = table.loc[1]
    assert one[[model.told, "ci_low", "ci_high", "place"]].isna().all()
    assert one["remark"].startswith("a range of risks in place of a risk")
    assert "GENE3" in one["remark"]
    assert one["genes"] == ""
    assert one["coverage"] == 0.8
    filled = np.tile(X[1], (21, 1))
    filled[:, 2] = model.panel.ranges[2]
    risks = told(model, filled)[model.told]
    np.testing.assert_allclose(one["lowest"], risks.min(), atol=1e-6)
    np.testing.assert_allclose(one["highest"], risks.max(), atol=1e-6)


@QUICKLY
@given(
    missing=st.sets(st.integers(0, 4), min_size=1, max_size=4),
    completion=arrays(float, 5, elements=st.floats(0, 1)),
    seed=st.integers(0, 50),
)
def test_whatever_a_missing_gene_is_the_risk_is_in_the_range(missing, completion, seed):
    linear = model_of()
    X = samples_of(linear, 2, seed)
    gone, ranges = list(missing), linear.panel.ranges
    whole = ranges[:, 0] + completion * (ranges[:, -1] - ranges[:, 0])
    X[1] = X[0]
    X[0, gone] = np.nan
    X[1, gone] = whole[gone]
    lacking, complete = told(linear, X).iloc[:2].itertuples()
    if not np.isnan(lacking.lowest):
        assert lacking.lowest - 1e-6 <= complete.probability <= lacking.highest + 1e-6


@QUICKLY
@given(risks=st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_place_rises_with_the_risk(risks):
    linear = model_of()
    place = find_place(linear, np.sort(risks))
    assert ((place >= 0) & (place <= 1)).all()
    assert (np.diff(place) >= -1e-15).all()


def test_the_place_is_the_share_with_a_lower_risk():
    linear = model_of()
    quantiles = linear.panel.risks
    np.testing.assert_allclose(
        find_place(linear, np.r_[-1, quantiles[[0, 25, 50, 100]], 2, np.nan]),
        [0, 0, 0.25, 0.5, 1, 1, np.nan],
    )
    tied = replace(linear, panel=replace(linear.panel, risks=np.repeat([0.2, 0.4], [51, 50])))
    np.testing.assert_allclose(find_place(tied, np.array([0.2, 0.3, 0.4])), [0, 0.505, 0.51])


def test_who_gets_the_same_as_everybody_has_no_place():
    model = invented_panel_model(slope=0.0)
    table = told(model, samples_of(model, 3))
    assert table["place"].isna().all()
    assert table["positive"].isna().all()
    assert table["probability"].nunique() == 1


def test_refusals_of_a_sample_say_why():
    model = invented_panel_model(reference=2)
    X = samples_of(model, 5)
    X[0, :5] = np.nan
    X[1, 6] = np.nan
    X[2, :3] += 40
    X[3, 0] += 40
    table = told(model, X)
    assert table["remark"].tolist() == [
        "no value of any gene of the panel",
        "reference genes without a value (REF2)",
        "more than half of the genes with a value are out of their training range: another "
        "scale or platform",
        "",
        "",
    ]
    assert table.loc[2, "outside"] == "GENE1 above; GENE2 above; GENE3 above"
    assert table.loc[3, "outside"] == "GENE1 above"
    assert table["lowest"].isna().tolist() == [True] * 3 + [False] * 2
    assert table["far"].isna().tolist() == [True] * 3 + [False] * 2


def test_training_values_are_not_out_of_their_range():
    """Whatever rounding their quantiles went through."""
    linear = model_of()
    X = linear.panel.ranges[:, [0, -1]].T.astype(np.float32)
    assert told(linear, X)["outside"].tolist() == ["", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_predict_tells_the_same_of_a_table_with_further_genes(kind):
    model = model_of(*kind)
    X = samples_of(model, 3)
    names = ["OTHER", *model.manifest.genes.names[::-1]]
    table = predict(model, expression_of(model, np.c_[np.zeros(3), X[:, ::-1]], names)).table
    expected = told(model, X).assign(sample=["A", "B", "C"])
    pd.testing.assert_frame_equal(
        round_predictions(table),
        round_predictions(expected.astype(table.dtypes)),
    )


def test_predict_needs_the_panels_genes_alone_and_warns_of_each_sample():
    model = invented_panel_model(reference=2)
    X = samples_of(model, 3)
    X[1, 0] = np.nan
    X[2, 5] = np.nan
    predictions = predict(model, expression_of(model, X))
    assert predictions.notes[:3] == [
        "5 of the model's 5 genes (100.0%) were found.",
        "The values are read as log2, as the model's were.",
        "2 of 2 reference genes were found.",
    ]
    said = " ".join(predictions.notes[3:])
    assert "1 sample (B) with a range of risks in place of a risk: genes without" in said
    assert "1 sample (C) without a prediction: reference genes without a value (REF1)" in said
    assert predictions.describe().endswith(
        "1 sample with a range of risks, not a risk. 1 sample without a prediction."
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"normalise": "rank"}, "--normalise rank compares the genes of a sample"),
        ({"allow_missing": True}, "a panel gives a range of risks instead"),
        ({"normalise": "cohort"}, "it needs 20 or more, and there are 3"),
    ],
)
def test_what_makes_no_sense_of_a_panel_is_refused(settings, sentence):
    linear = model_of()
    with pytest.raises(DeepCMEError, match=sentence):
        predict(linear, expression_of(linear, samples_of(linear, 3)), **settings)


def test_another_scale_is_refused_and_nobody_predicted_is_an_error():
    model = invented_panel_model(log2=True)
    X = samples_of(model, 2)
    with pytest.raises(DeepCMEError, match="cannot be converted gene by gene"):
        tell(model, X, ["A", "B"], scale="tpm")
    with pytest.raises(DeepCMEError, match=r"No sample can be predicted. 2 samples \(A, B\)"):
        predict(model, expression_of(model, X * 1e6))
    with pytest.raises(DeepCMEError, match="None of the panel's 5 genes was found"):
        predict(model, expression_of(model, X, [f"OTHER{n}" for n in range(5)]))


def test_values_that_are_logged_already_are_taken_as_such():
    model = invented_panel_model(log2=True)
    X = samples_of(model, 3)
    logged = np.log2(X.astype(float) + 1)
    table = pd.DataFrame(tell(model, logged, ["A", "B", "C"], scale="log2"))
    np.testing.assert_allclose(table["probability"], told(model, X)["probability"], atol=1e-6)


def test_a_cohort_of_another_platform_can_be_moved_to_the_panels_means():
    linear = model_of()
    X = samples_of(linear, 30)
    samples = [f"N{n}" for n in range(30)]
    other = Expression(
        (3 * X + 20).astype(np.float32), samples, {"symbol": linear.manifest.genes.names}, None
    )
    assert predict(linear, other, normalise="cohort").table["probability"].notna().all()
    with pytest.raises(DeepCMEError, match="another scale or platform"):
        predict(linear, other)


@pytest.mark.parametrize("way", ["samples in rows", "genes in rows"])
def test_a_file_of_one_sample_is_read_either_way(tmp_path, way):
    model = invented_panel_model(genes=20, reference=2)
    frame = pd.DataFrame(samples_of(model, 1), ["P1"], model.manifest.genes_to_read.names)
    frame = frame.rename_axis("sample")
    (frame if way == "samples in rows" else frame.T).to_csv(tmp_path / "one.csv")
    read = read_expression(tmp_path / "one.csv", model.manifest.genes_to_read)
    assert read.samples == ["P1"]
    found = predict(model, read).table
    np.testing.assert_allclose(
        found["probability"], told(model, frame)["probability"], atol=1e-6
    )


@pytest.mark.parametrize("reference", [0, 2])
def test_logs_given_as_linear_values_are_refused(reference):
    """By their likelihood where they are within the training ranges, as logs of logs may be."""
    model = invented_panel_model(genes=20, log2=True, reference=reference)
    X = samples_of(model, 10)
    table = told(model, np.log2(X.astype(float) + 1))
    said = "values fit log2(x + 1) of fpkm" if reference else "more than half of the genes"
    assert table["remark"].str.startswith(said).all()
    assert table["lowest"].isna().all()
    assert (told(model, X)["remark"] == "").all()


def test_ratios_given_as_linear_values_are_refused():
    model = invented_panel_model(genes=20, log2=True)
    X = samples_of(model, 2)
    X[1, :3] *= -1
    remarks = told(model, X)["remark"]
    assert remarks[0] == ""
    assert remarks[1].startswith("values are log ratios or centred values")


@QUICKLY
@given(
    kind=st.sampled_from(KINDS),
    rows=st.lists(st.integers(0, 7), min_size=1, max_size=8),
    gaps=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 4)), max_size=3),
)
def test_a_sample_is_told_the_same_whoever_stands_beside_it(kind, rows, gaps):
    model = model_of(*kind)
    X = samples_of(model, 8)
    for gap in gaps:
        X[gap] = np.nan
    together, apart = told(model, X).iloc[rows], told(model, X[rows])
    numbers = together.select_dtypes("float").columns
    np.testing.assert_allclose(together[numbers], apart[numbers], rtol=0, atol=1e-12)
    words = ["remark", "outside", "genes"]
    assert together[words].to_numpy().tolist() == apart[words].to_numpy().tolist()
