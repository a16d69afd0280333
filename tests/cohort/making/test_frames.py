"""A cohort of two DataFrames, and back."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.survival import SurvivalOutcome

GENES = ["TP53", "ESR1", "MKI67"]
SAMPLES = [f"S{i}" for i in range(12)]


@pytest.fixture
def X():  # noqa: N802
    values = np.random.default_rng(0).normal(8, 1, (12, 3)).round(3)
    return pd.DataFrame(values, SAMPLES, GENES)


@pytest.fixture
def obs():
    table = {
        "relapse": [0, 1, 0, 1] * 3,
        "months": np.arange(1.0, 13.0),
        "age": range(50, 62),
        "person": [f"P{i // 2}" for i in range(12)],
    }
    return pd.DataFrame(table, SAMPLES)


def test_values_outcome_and_clinical_columns_are_kept(X, obs):
    cohort = Cohort.from_frame(X, obs, label="relapse", patient="person", name="mine")
    pd.testing.assert_frame_equal(
        cohort.to_frame(), X.astype(np.float32), check_names=False, check_index_type=False
    )
    assert cohort.labels.tolist() == obs["relapse"].tolist()
    assert cohort.n_patients == 6
    assert cohort.obs["age"].tolist() == obs["age"].tolist()
    assert cohort.endpoint.startswith("relapse = 1 against relapse = 0")
    assert cohort.name == "mine"
    assert len(cohort) == 12


def test_the_scale_is_worked_out_and_noted(X, obs):
    cohort = Cohort.from_frame(X, obs, label="relapse")
    assert cohort.scale == "log2"
    assert any(note.startswith("Scale taken as log2") for note in cohort.notes)
    linear = Cohort.from_frame(2**X, obs, label="relapse", scale="tpm")
    assert linear.scale == "tpm"


def test_rows_are_matched_by_their_ids_in_any_order(X, obs):
    cohort = Cohort.from_frame(X, obs.iloc[::-1], label="relapse")
    assert cohort.labels.tolist() == obs["relapse"].tolist()
    assert cohort.samples.tolist() == SAMPLES


def test_samples_without_a_label_are_left_out_and_counted(X, obs):
    obs["relapse"] = obs["relapse"].astype(float)
    obs.loc["S3", "relapse"] = np.nan
    cohort = Cohort.from_frame(X, obs, label="relapse")
    assert "S3" not in cohort.samples
    assert cohort.flow[-1].left_out == {"with a blank relapse": 1}


def test_times_have_their_unit_of_their_column_and_a_horizon(X, obs):
    cohort = Cohort.from_frame(X, obs, time="months", event="relapse", horizon=6)
    assert isinstance(cohort.outcome, SurvivalOutcome)
    assert cohort.outcome.endpoint.unit == "months"
    assert cohort.outcome.endpoint.horizon == 6


def test_ids_of_tcga_tell_patients_and_tissue(X, obs):
    ids = [f"TCGA-AA-{i // 2:04d}-{'01' if i % 2 else '11'}A-11R-A056-07" for i in range(12)]
    cohort = Cohort.from_frame(X.set_axis(ids), obs.set_axis(ids), label="relapse")
    assert cohort.n_patients == 6
    assert set(cohort.obs["tissue"]) == {"primary", "normal"}


def test_symbols_stand_beside_other_ids(X, obs):
    cohort = Cohort.from_frame(
        X.set_axis(["p1", "p2", "p3"], axis=1), obs, label="relapse", symbols={"p1": "TP53"}
    )
    assert cohort.gene_names.tolist() == ["TP53", "p2", "p3"]


def test_numbers_may_come_as_text_under_any_name_of_a_gene(X, obs):
    texts = X.set_axis([7157, 2099, 4288], axis=1).astype(str).astype(object)
    cohort = Cohort.from_frame(texts, obs, label="relapse")
    assert cohort.to_frame().columns.tolist() == ["7157", "2099", "4288"]
    np.testing.assert_array_equal(cohort.to_frame(), X.to_numpy(np.float32))


def with_word(X, obs):
    X = X.astype(object)
    X.loc["S4", "ESR1"] = "high"
    return X, obs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, obs: (X.T, obs), "samples as columns: give X.T"),
        (lambda X, obs: (X, obs.reset_index(drop=True)), "share no sample"),
        (lambda X, obs: (X.drop("S4"), obs), r"1 sample \(S4\) is not in X"),
        (lambda X, obs: (X, obs.drop(["S4", "S5"])), r"2 samples \(S4, S5\) are not in obs"),
        (with_word, "sample S4, gene ESR1: 'high' is no number"),
        (lambda X, obs: (X.replace(X.iloc[2, 1], np.inf), obs), "sample S2, gene ESR1"),
        (lambda X, obs: (X.set_axis(["A", "A", "B"], axis=1), obs), r"once \(A\)"),
        (lambda X, obs: (X.to_numpy(), obs), "X must be a DataFrame"),
        (lambda X, obs: (X, obs.assign(relapse="maybe")), "not binary: it holds maybe"),
    ],
    ids=["transposed", "no ids", "lacks one", "lacks two", "word", "infinite", "genes twice",
         "array", "label"],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(X, obs, change, message):
    with pytest.raises(DeepCMEError, match=message):
        Cohort.from_frame(*change(X, obs), label="relapse")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "Give either label= "),
        ({"label": "relapse", "time": "months", "event": "relapse"}, "Give either label= "),
        ({"time": "months"}, "both time= and event="),
        ({"label": "relapse", "patient": "who"}, "no column 'who'; there are relapse, months"),
        ({"label": pd.Series([0, 1])}, "label= takes the name of a column of obs, not Series"),
        ({"label": "relapse", "batch": 3}, "batch= takes the name of a column of obs, not int"),
    ],
)
def test_columns_that_are_not_there_or_contradict_are_named(X, obs, asked, message):
    with pytest.raises(DeepCMEError, match=message):
        Cohort.from_frame(X, obs, **asked)


def test_a_table_in_place_of_a_cohort_says_what_makes_one(tmp_path, X):
    X.to_csv(tmp_path / "x.csv")
    with pytest.raises(DeepCMEError, match=r"read_table or .* Cohort\.from_frame"):
        Cohort.load(tmp_path / "x.csv")
