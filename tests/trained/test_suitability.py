"""Each new sample is judged alone: how many genes have a value, and on which scale they are."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.trained.new_samples import Expression, expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import train_model
from tests.trained.conftest import QUICK, bundle_cohort, ensembl_ids

LEVELS = np.linspace(4, 12, 40)


def array_values(seed, n=90):
    """Logs of an array whose genes have levels of their own; the first gene tells the label."""
    values = np.random.default_rng(seed).normal(LEVELS, 1, size=(n, 40))
    values[::3, 0] += 2
    return values.astype(np.float32)


def array_cohort(values, name="array"):
    return Cohort.from_arrays(
        values,
        (np.arange(len(values)) % 3 == 0).astype(int),
        samples=[f"S{i}" for i in range(len(values))],
        genes=ensembl_ids(),
        endpoint="invented = 1 against 0",
        scale="log2",
        name=name,
    )


@pytest.fixture(scope="module")
def array_model():
    return train_model(array_cohort(array_values(0)), QUICK)


@pytest.fixture(scope="module")
def ratio_model():
    return train_model(array_cohort(array_values(0) - LEVELS), QUICK)


def table_of(values, scale=None):
    samples = [f"S{i}" for i in range(len(values))]
    return Expression(np.array(values, np.float32), samples, {"gene_id": ensembl_ids()}, scale)


def linear_values(n=30):
    return bundle_cohort(ensembl_ids(), seed=1).X[:n]


def remarks(model, values, scale=None, **options):
    options = {"allow_training_samples": True, **options}
    return predict(model, table_of(values, scale), **options).table["remark"]


def test_under_95_in_100_values_a_sample_has_no_prediction(model):
    values = linear_values()
    values[0, :3] = np.nan
    values[1, :2] = np.nan
    values[2] = np.nan
    predictions = predict(model, table_of(values))
    table = predictions.table
    left = table.iloc[[0, 2]]
    assert left["probability"].isna().all()
    assert left["positive"].isna().all()
    assert (left["genes"] == "").all()
    assert left["remark"].str.split(":").str[0].tolist() == [
        "values of under 95% of the model's genes",
        "no value of the model's genes",
    ]
    assert table["coverage"][:3].tolist() == [0.925, 0.95, 0]
    assert table["probability"].notna().sum() == 28
    assert any(
        note.startswith("Warning: 1 sample (S2) without a pred") for note in predictions.notes
    )


def test_where_allowed_it_is_predicted_and_marked_but_never_without_a_value(model):
    values = linear_values()
    values[0, 1:] = np.nan
    values[1] = np.nan
    table = predict(model, table_of(values), allow_missing=True).table
    assert table["probability"].notna().tolist() == [True, False] + [True] * 28
    assert table["remark"][0] == "predicted from values of under 95% of the model's genes"
    assert table["remark"][1] == "no value of the model's genes"


def test_no_sample_left_to_predict_is_refused_with_the_reason(model):
    values = linear_values(3)
    values[:, :20] = np.nan
    with pytest.raises(DeepCMEError, match=r"No sample.*S0, S1, S2.*under 95%.*allow-missing"):
        predict(model, table_of(values))
    with pytest.raises(DeepCMEError, match="no value of the model's genes"):
        predict(model, table_of(np.full((2, 40), np.nan)), allow_missing=True)


def test_a_gene_that_was_constant_in_training_tells_nothing_of_a_sample():
    values = array_values(0)
    values[:, 5] = 7
    of_constant = train_model(array_cohort(values), QUICK)
    new = array_values(1, 4)
    new[0] = np.nan
    new[0, 5] = 7
    new[1, 5] = np.nan
    table = predict(of_constant, table_of(new), allow_missing=True).table
    assert table["remark"].tolist() == ["no value of the model's genes", "", "", ""]
    assert table["coverage"].tolist() == [0, 1, 1, 1]


def test_a_sample_of_one_value_alone_has_no_prediction(model):
    values = linear_values()
    values[4] = 0
    values[5] = 3.5
    found = remarks(model, values)
    assert found[[4, 5]].unique().tolist() == [
        "one and the same value of all of the model's genes"
    ]
    assert (found.drop([4, 5]) == "").all()


def test_gaps_filled_with_0_are_gaps_where_0_is_no_value(array_model):
    values = array_values(1)
    values[0, 10:] = 0
    found = remarks(array_model, values)
    assert found[0].startswith("values of under 95%")
    assert (found[1:] == "").all()
    gap = array_values(1)
    gap[0, 10:] = np.nan
    np.testing.assert_array_equal(
        predict(
            array_model, table_of(values), allow_missing=True, allow_training_samples=True
        ).table["probability"],
        predict(
            array_model, table_of(gap), allow_missing=True, allow_training_samples=True
        ).table["probability"],
    )


@pytest.mark.parametrize("scale", [None, "fpkm"], ids=["not declared", "declared"])
def test_logs_for_a_linear_model_are_refused_by_name(model, scale):
    values = linear_values()
    expected = predict(model, table_of(values)).table
    values[[3, 7]] = np.log2(values[[3, 7]] + 1)
    predictions = predict(model, table_of(values, scale))
    table = predictions.table
    odd = table["remark"] == (
        "values fit log2(x + 1) of fpkm, not fpkm itself: say --scale log2 if they do"
    )
    assert table["sample"][odd].tolist() == ["S3", "S7"]
    assert table["probability"][odd].isna().all()
    np.testing.assert_array_equal(table["probability"][~odd], expected["probability"][~odd])
    assert any("2 samples (S3, S7) without a prediction" in note for note in predictions.notes)


def test_a_file_of_logs_is_read_as_such_only_where_that_is_said(model):
    values = linear_values()
    expected = predict(model, table_of(values)).table["probability"]
    logs = np.log2(values + 1)
    with pytest.raises(DeepCMEError, match=r"30 samples.*say --scale log2"):
        predict(model, table_of(logs))
    found = predict(model, table_of(logs, "log2")).table["probability"]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(DeepCMEError, match="values fit linear ones"):
        predict(model, table_of(values, "log2"))


def test_linear_values_for_a_model_of_logs_are_refused_by_name(array_model):
    values = array_values(1, 30)
    expected = predict(array_model, table_of(values)).table["probability"]
    linear = values.copy()
    linear[2] = 2 ** linear[2] - 1
    assert remarks(array_model, linear)[2].startswith("values fit linear ones, not logs")
    with pytest.raises(DeepCMEError, match="say which with --scale"):
        predict(array_model, table_of(2**values - 1))
    found = predict(array_model, table_of(2**values - 1, "intensity")).table["probability"]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("scale", [None, "log2"], ids=["not declared", "declared"])
def test_few_negative_values_make_no_ratios_of_levels(scale):
    values = array_values(0)
    values[[5, 40, 71], 0] = [-0.01, -0.7, -0.2]
    model = train_model(array_cohort(values), QUICK)
    of_training = {"allow_training_samples": True}
    expected = predict(model, table_of(values, scale), **of_training).table["probability"]
    for rows in ([5], [1, 2, 3], [71, 0], list(range(40, 60))):
        found = predict(model, table_of(values[rows], scale), **of_training)
        found = found.table["probability"]
        np.testing.assert_allclose(found, expected[rows], rtol=0, atol=1e-12)


@pytest.mark.parametrize("normalise", ["none", "rank"])
def test_ratios_are_no_levels_and_levels_no_ratios(array_model, ratio_model, normalise):
    levels = array_values(1, 30)
    ratios = levels - LEVELS
    for model, own, other, what in (
        (array_model, levels, ratios, "log ratios or centred values"),
        (ratio_model, ratios, levels, "expression levels"),
    ):
        assert (remarks(model, own, normalise=normalise) == "").all()
        mixed = own.copy()
        mixed[[0, 4]] = other[[0, 4]]
        found = remarks(model, mixed, normalise=normalise)
        assert found[found != ""].index.tolist() == [0, 4]
        assert found[0].startswith(f"values are {what}")
        with pytest.raises(DeepCMEError, match=f"values are {what}.*--normalise cohort"):
            predict(model, table_of(other), normalise=normalise)
        assert (remarks(model, other, normalise="cohort") == "").all()


def test_ratios_are_no_linear_values_either(model):
    values = linear_values()
    values[6] = np.random.default_rng(0).normal(size=40)
    assert remarks(model, values)[6].startswith("values are log ratios or centred values")


def test_counts_far_from_the_training_data_are_told_unless_the_scale_is_said(model):
    values = linear_values()
    values[0] = np.rint(values[0])
    values[1] = np.rint(values[1] * 500)
    found = remarks(model, values)
    assert found[0] == ""
    assert found[1].startswith("values are whole numbers, as counts are")
    assert (remarks(model, values, "fpkm") == "").all()


def test_another_platform_is_no_other_scale(array_model):
    """Far away, but neither linear nor centred: predicted, and told to be far."""
    values = array_values(1, 30)
    values[:3] = np.random.default_rng(0).permuted(values[:3], axis=1)
    table = predict(array_model, table_of(values)).table
    assert (table["remark"] == "").all()
    assert table["far"].tolist() == [True] * 3 + [False] * 27


def test_a_file_that_looks_like_another_unit_is_read_as_the_models_and_doubted(model):
    values = linear_values()
    of_million = values / values.sum(axis=1, keepdims=True) * 1e6
    notes = predict(model, table_of(of_million)).notes
    assert any("looks like tpm (the samples sum to a million)" in note for note in notes)


def test_a_cohort_says_its_scale(model, other_cohort):
    assert "read as" not in " ".join(predict(model, expression_of(other_cohort)).notes)
    notes = predict(model, table_of(other_cohort.X[:20])).notes
    assert "The values are read as fpkm, as the model's were." in notes
