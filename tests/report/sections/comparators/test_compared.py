"""The table of models beside what was not trained here, and of both scalings of signatures."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme.evaluation.comparison import compute_holm_correction
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.report.sections.comparators.compared import FEWEST_SCORED, read_signatures
from tests.report.sections.comparators.conftest import (
    PATIENTS,
    SPLITS,
    STRENGTHS,
    described,
    predict,
    signature,
)

ORDER = ["genomic-grade-index", "seventy-gene", "nottingham-index"]


def single_scores(predictions, name="genomic-grade-index", change=lambda score: score):
    """Scores of single samples made of those within the cohort."""
    rows = predictions[predictions["model"] == name].drop_duplicates("sample")
    return pd.DataFrame(
        {
            "sample": rows["sample"],
            "signature": name,
            "scaling": "single sample",
            "score": change(rows["score"]),
        }
    )


def by_name(contents, name="beside_clinic"):
    return contents.tables[name].set_index("model")


def test_headline_comparator_and_all_that_was_scored_stand_in_order(of_labels, of_times):
    for contents, models in ((of_labels, ["LR-tuned", "KNN"]),
                             (of_times, ["Cox-ridge", "Cox-top-200"])):  # fmt: skip
        table = contents.tables["beside_clinic"]
        assert table["model"].tolist() == [*models, *ORDER]
        assert table["kind"].tolist() == [
            *["trained here"] * 2, *["published"] * 2, "clinical index",
        ]  # fmt: skip
        assert table.loc[table["named"], "model"].tolist() == ["genomic-grade-index"]


def test_values_and_intervals_are_those_of_discrimination_to_the_digit(of_labels, of_times):
    ends = ["ci_low", "ci_high"]
    discrimination = of_labels.tables["discrimination"].set_index("model")
    for contents, values in (
        (of_labels, discrimination.rename(columns={"auc": "value"})),
        (
            of_times,
            of_times.tables["survival_discrimination"]
            .query("measure == 'uno_c'")
            .set_index("model"),
        ),
    ):
        table = by_name(contents)
        expected = values.loc[table.index, ["value", *ends]]
        pd.testing.assert_frame_equal(
            table[["value", *ends]], expected, check_exact=True, check_dtype=False
        )


def test_a_difference_is_that_of_mean_aucs_of_test_parts(of_labels):
    test = of_labels.results.predictions.query("part == 'test'")
    aucs = test.groupby(["model", "split"])[["label", "score"]].apply(
        lambda rows: roc_auc_score(rows["label"], rows["score"])
    )
    means = aucs.groupby("model").mean()
    table = by_name(of_labels)
    others = table.index.drop("LR-tuned")
    assert table.loc[others, "difference"].to_numpy() == pytest.approx(
        (means["LR-tuned"] - means[others]).to_numpy()
    )
    assert np.isnan(table.loc["LR-tuned", "difference"])


def test_p_values_are_corrected_over_what_was_not_trained_here_alone(of_labels, of_times):
    for contents in (of_labels, of_times):
        beside = by_name(contents).loc[ORDER]
        assert beside["p_holm"].to_numpy() == pytest.approx(
            compute_holm_correction(beside["p_value"])
        )


def test_the_trained_comparator_is_as_in_the_comparison_of_models(of_labels):
    [row] = of_labels.tables["comparison"].to_dict("records")
    mine = by_name(of_labels).loc["KNN"]
    for name, other in (("difference", "difference"), ("ci_low", "difference_low"),
                        ("ci_high", "difference_high"), ("p_holm", "p_holm")):  # fmt: skip
        assert mine[other] == row[name]


def test_signatures_change_no_number_of_the_models(contents_of, of_labels):
    models = [name for name in STRENGTHS if name not in ORDER]
    predictions = predict()
    alone = contents_of(
        predictions[predictions["model"].isin(models)], signatures=pd.DataFrame(), index=None
    )
    for name in ("discrimination", "comparison", "auc_by_split", "roc"):
        table = of_labels.tables[name]
        pd.testing.assert_frame_equal(
            table[table["model"].isin(models)], alone.tables[name], check_exact=True
        )
    assert alone.notes["estimand"] == of_labels.notes["estimand"]
    assert not [name for name in alone.tables if name.startswith("beside_clinic")]


def test_what_was_not_trained_is_in_no_table_of_fits_and_risks(of_labels):
    results = of_labels.results
    assert set(results.comparators) == set(ORDER)
    assert set(results.trained["model"]) == {"LR-tuned", "KNN"}
    assert set(results.recalibrations["model"]) == {"LR-tuned", "KNN"}
    assert set(of_labels.tables["auc_by_split"]["model"]) == {"LR-tuned", "KNN"}
    assert set(ORDER) <= set(of_labels.tables["discrimination"]["model"])


def test_of_times_what_was_not_trained_is_not_judged_by_risks(of_times):
    results = of_times.results
    assert set(results.trained_evaluation.tested[0].rows["model"]) == {
        "Cox-ridge", "Cox-top-200",
    }  # fmt: skip
    assert set(of_times.tables["auc_over_time"]["model"]) == {"Cox-ridge", "Cox-top-200"}


def test_cohorts_left_out_are_compared_each_by_itself_and_labels_without_a_test(contents_of):
    predictions = predict(strengths=FEW, left_out=True)
    contents = contents_of(predictions, described().iloc[:1], index=None)
    table = contents.tables["beside_clinic"]
    cohorts = [f"cohort {split}" for split in range(SPLITS)]
    assert table["left_out"].tolist() == np.repeat(cohorts, len(FEW)).tolist()
    assert table["value"].notna().all() and table["difference"].isna().all()
    assert "each is another cohort's" in contents.notes["beside_clinic_differences"]


FEW = {name: STRENGTHS[name] for name in ("LR-tuned", "KNN", "genomic-grade-index")}


def of_one(contents_of, change=lambda score: score, *, of_times=False, **columns):
    """Contents of a study with one signature, and its scores of single samples."""
    predictions = predict(strengths=FEW, of_times=of_times)
    single = single_scores(predictions, change=change)
    single = single[np.isfinite(single["score"])]
    signatures = described().iloc[:1].assign(**columns)
    return contents_of(predictions, signatures, single, index=None, of_times=of_times)


@pytest.mark.parametrize("of_times", [False, True])
def test_a_score_of_single_samples_is_measured_in_the_same_draws(contents_of, of_times):
    contents = of_one(contents_of, lambda score: 5 + np.exp(score), of_times=of_times)
    row = by_name(contents, "beside_clinic_scalings").loc["genomic-grade-index"]
    beside = by_name(contents).loc["genomic-grade-index"]
    for end, of in (("", "value"), ("_low", "ci_low"), ("_high", "ci_high")):
        assert row[f"single{end}"] == row[f"within{end}"] == beside[of]


def test_a_score_that_turns_the_ranks_around_has_one_less_the_auc(contents_of):
    [row] = of_one(contents_of, np.negative).tables["beside_clinic_scalings"].to_dict("records")
    assert row["single"] == pytest.approx(1 - row["within"])


def test_where_few_samples_lack_a_score_both_are_of_the_others(contents_of):
    contents = of_one(contents_of, lambda score: score.where(np.arange(PATIENTS) > 1))
    row = by_name(contents, "beside_clinic_scalings").loc["genomic-grade-index"]
    assert row["n"] == PATIENTS - 2 and row["single"] == row["within"]
    assert row["within"] != by_name(contents).loc["genomic-grade-index", "value"]


def test_where_many_samples_lack_a_score_there_is_none_and_why(contents_of, of_labels):
    n_known = int(FEWEST_SCORED * PATIENTS) - 1
    contents = of_one(contents_of, lambda score: score.where(np.arange(PATIENTS) < n_known))
    [row] = contents.tables["beside_clinic_scalings"].to_dict("records")
    assert np.isnan(row["single"])
    assert row["absent"] == f"Of {PATIENTS} tested samples {n_known} have one."
    assert by_name(of_labels, "beside_clinic_scalings")["absent"].to_dict() == {
        "genomic-grade-index": "No sample has one.",
        "seventy-gene": "No reference for this platform.",
    }


def test_the_share_in_the_same_class_has_wilsons_interval(contents_of):
    contents = of_one(contents_of, same_class=0.9, n_agreement=60)
    [row] = contents.tables["beside_clinic_scalings"].to_dict("records")
    found = compute_wilson_interval(54, 60)
    assert (row["same_class_low"], row["same_class_high"]) == (found.ci_low, found.ci_high)


def test_a_table_of_no_single_scores_is_none(contents_of):
    nothing = pd.DataFrame(columns=["sample", "signature", "scaling", "score"], dtype=object)
    contents = contents_of(predict(strengths=FEW), described().iloc[:1], nothing, index=None)
    assert contents.tables["beside_clinic_scalings"]["single"].isna().all()


def test_refused_ones_come_last_and_are_not_scored(of_labels):
    table = read_signatures(of_labels.results.folder)
    assert table["signature"].tolist() == [*ORDER, "seventy-six-gene"]
    assert "seventy-six-gene" not in of_labels.results.comparators


def test_without_enough_genes_there_is_a_reason_and_no_table(contents_of):
    signatures = pd.DataFrame([signature("seventy-gene", "refused", 1)])
    models = predict(strengths={"LR-tuned": 2.0, "KNN": 0.5})
    contents = contents_of(models, signatures, index=None)
    assert "beside_clinic" not in contents.tables
    assert contents.notes["beside_clinic"] == (
        "No signature has enough of its genes in this cohort to be scored."
    )
