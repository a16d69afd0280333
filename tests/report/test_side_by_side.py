"""Studies of one cohort beside each other, their intervals those of the report."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.cli.study.compare import compare
from deepcme.cohort.folds import NestedFolds
from deepcme.evaluation.paired import (
    PATIENT_BOOTSTRAP,
    SAME_SPLITS,
    compute_paired_difference,
)
from deepcme.report.comparing.opening import compute_forest, write_opening
from deepcme.report.comparing.sentence import describe_side_by_side
from deepcme.report.sections.discrimination import (
    compute_study_discrimination,
    compute_training_shares,
    describe_estimand,
)
from deepcme.report.side_by_side import (
    OTHER_RANKING,
    compute_side_by_side,
    write_side_by_side,
)
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE

PATIENTS = np.array([f"P{i:03d}" for i in range(90)])
LABELS = (np.arange(90) % 3 == 0).astype(int)
SETTINGS = {
    "seed": 1,
    "protocol": "honest",
    "split": {"design": "repeated", "by": "patient"},
    "preprocessing": {"tissue": "primary", "fit_on": "train"},
    "models": [
        {"name": "network", "estimator": "DeepCME", "parameters": {}},
        {"name": "tuned", "estimator": "LR-tuned", "parameters": {}},
    ],
}


def predictions_of(
    skill: float, split_seed: int = 0, patients: np.ndarray = PATIENTS, labels=LABELS
) -> pd.DataFrame:
    """Two by five folds; scores are of the patient and of chance, alike for the same skill."""
    splits = NestedFolds(5, 2).split(labels, patients, np.random.SeedSequence(split_seed))
    own = np.random.default_rng(5).normal(size=len(labels))
    tables = []
    for number, split in enumerate(splits):
        for model in ("network", "tuned"):
            for part, rows in split.parts():
                random = np.random.default_rng([number, split_seed, len(model)])
                noise = random.normal(size=len(labels))[rows]
                tables.append(
                    pd.DataFrame(
                        {
                            "split": number,
                            "model": model,
                            "sample": patients[rows],
                            "patient": patients[rows],
                            "part": part,
                            "label": labels[rows],
                            "score": skill * labels[rows] + own[rows] + 0.3 * noise,
                        }
                    )
                )
    return pd.concat(tables, ignore_index=True)


def study_of(**settings):
    return make_study({**BINARY_EXAMPLE, **SETTINGS, **settings})


def study(path, predictions: pd.DataFrame, endpoint: str = "metastasis = 1", **settings):
    path.mkdir()
    (path / "study.toml").write_text(study_of(**settings).to_toml())
    cohort = dict.fromkeys(("name", "source"), "") | {"endpoint": endpoint, "tissue": {}}
    counts = ("samples", "patients", "genes", "positives", "positive_patients")
    cohort |= dict.fromkeys(counts, 1) | {"notes": []}
    (path / "cohort.json").write_text(json.dumps(cohort))
    predictions.to_parquet(path / "predictions.parquet")
    return StudyFolder(path)


def test_the_auc_and_its_interval_are_those_of_the_report(tmp_path):
    predictions = predictions_of(0.5)
    folders = [study(tmp_path / name, predictions) for name in ("a", "b")]
    table = compute_side_by_side(folders)
    report = compute_study_discrimination(study_of(), predictions)
    for name in ("a", "b"):
        rows = table[table["study"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            rows[["model", "auc", "ci_low", "ci_high", "sd", "n"]],
            report[["model", "auc", "ci_low", "ci_high", "sd", "n"]],
        )


def test_a_model_less_leaves_the_others_intervals_as_they_were():
    predictions = predictions_of(0.5)
    whole = compute_study_discrimination(study_of(), predictions).set_index("model")
    fewer = study_of(models=SETTINGS["models"][:1])
    alone = compute_study_discrimination(
        fewer, predictions[predictions["model"] == "network"]
    ).set_index("model")
    assert alone.loc["network"].to_dict() == whole.loc["network"].to_dict()


def test_models_fitted_on_the_validation_part_as_well_learn_from_more(tmp_path):
    predictions = predictions_of(0.5)
    folders = [study(tmp_path / name, predictions) for name in ("a", "b")]
    shares = compute_side_by_side(folders).set_index(["study", "model"])["trained_on"]
    assert shares["a", "network"] == pytest.approx(0.6)
    assert shares["a", "tuned"] == pytest.approx(0.8)
    assert "one fit on 60% of these patients (80% for tuned), averaged" in describe_estimand(
        study_of(), predictions
    )


def test_over_the_same_splits_the_difference_is_of_pairs_of_splits(tmp_path):
    worse, better = (
        study(tmp_path / n, predictions_of(s)) for n, s in (("a", 0.2), ("b", 1.5))
    )
    table = compute_side_by_side([worse, better]).set_index(["study", "model"])
    row = table.loc[("b", "network")]
    assert row["difference_interval"] == SAME_SPLITS
    auc = table["auc"]
    assert row["difference"] == pytest.approx(auc["b", "network"] - auc["a", "network"])
    assert 0 < row["difference_ci_low"] < row["difference"] < row["difference_ci_high"]
    assert table.loc["a", "difference"].isna().all()


def test_over_other_splits_patients_are_drawn_for_both_at_once(tmp_path):
    """Two ways of splitting the same patients: much narrower than of two cohorts."""
    folders = [
        study(tmp_path / name, predictions_of(0.8, split_seed))
        for name, split_seed in (("a", 0), ("b", 1))
    ]
    table = compute_side_by_side(folders).set_index(["study", "model"])
    row = table.loc[("b", "network")]
    assert row["difference_interval"] == PATIENT_BOOTSTRAP
    assert row["difference_ci_low"] < 0 < row["difference_ci_high"]
    assert row["difference_ci_high"] - row["difference_ci_low"] < row["ci_high"] - row["ci_low"]


def test_aucs_within_strata_and_across_them_have_no_difference(tmp_path):
    across = predictions_of(0.5)
    within = across.assign(stratum=np.where(across["sample"] < PATIENTS[45], "A", "B"))
    batches = SETTINGS["split"] | {"strata": "batch"}
    folders = [study(tmp_path / "a", across), study(tmp_path / "b", within, split=batches)]
    table = compute_side_by_side(folders).set_index("study")
    assert table["ranked_within"].loc["b"].unique().tolist() == ["batch"]
    assert table["difference"].isna().all()
    assert set(table["difference_interval"].loc["b"]) == {OTHER_RANKING}


def test_a_test_part_whose_strata_lack_a_class_is_left_out_of_the_pairs():
    first = predictions_of(0.5)
    first["stratum"] = np.where(first["split"] == 0, first["label"].astype(str), "A")
    found = compute_paired_difference(first, first.copy(), np.random.default_rng(0))
    assert (found.difference, found.interval) == (0.0, SAME_SPLITS)


def test_where_cohorts_are_left_out_the_share_is_of_those_not_tested():
    left_out = predictions_of(0.5).assign(left_out="north")
    assert compute_training_shares(study_of(), left_out) == pytest.approx(
        {"network": 0.75, "tuned": 1.0}
    )
    assert "75% of the patients not tested (100% for tuned)" in describe_estimand(
        study_of(), left_out
    )


def test_a_model_that_the_first_study_lacks_has_no_difference(tmp_path):
    predictions = predictions_of(0.5)
    first = study(
        tmp_path / "a",
        predictions[predictions["model"] == "network"],
        models=SETTINGS["models"][:1],
    )
    table = compute_side_by_side([first, study(tmp_path / "b", predictions)])
    of_second = table[table["study"] == "b"].set_index("model")
    assert np.isnan(of_second.loc["tuned", "difference"])
    assert of_second.loc["network", "difference"] == 0


def test_other_patients_are_refused(tmp_path):
    first = study(tmp_path / "a", predictions_of(0.5))
    others = np.array([f"Q{i:03d}" for i in range(90)])
    second = study(tmp_path / "b", predictions_of(0.5, patients=others))
    with pytest.raises(DeepCMEError, match=r"b and a do not compare: .*other patients, 0 in c"):
        compute_side_by_side([first, second])


def test_fewer_patients_are_refused_unless_they_are_another_tissues(tmp_path):
    first = study(tmp_path / "a", predictions_of(0.5))
    fewer = predictions_of(0.5, patients=PATIENTS[:80], labels=LABELS[:80])
    with pytest.raises(DeepCMEError, match="80 in common of 80 in b and 90 in a"):
        compute_side_by_side([first, study(tmp_path / "b", fewer)])
    preprocessing = {"tissue": "all", "fit_on": "train"}
    of_all = study(tmp_path / "c", predictions_of(0.5), preprocessing=preprocessing)
    table = compute_side_by_side([of_all, study(tmp_path / "d", fewer)])
    assert table["difference"].notna().sum() == 2


def test_another_endpoint_is_refused(tmp_path):
    first = study(tmp_path / "a", predictions_of(0.5))
    labels = LABELS.copy()
    labels[:10] = 1 - labels[:10]
    second = study(tmp_path / "b", predictions_of(0.5, labels=labels), endpoint="death = 1")
    with pytest.raises(DeepCMEError, match=r"10 of 90 samples .* P000 .*death = 1; a: metas"):
        compute_side_by_side([first, second])


def test_cohorts_left_out_and_patients_at_random_are_refused(tmp_path):
    predictions = predictions_of(0.5)
    left_out = predictions.assign(left_out=np.where(predictions["split"] < 5, "north", "south"))
    first = study(tmp_path / "a", predictions)
    second = study(tmp_path / "b", left_out)
    with pytest.raises(DeepCMEError, match="b leaves out north, south one at a time, and a t"):
        compute_side_by_side([first, second])
    table = compute_side_by_side([second, study(tmp_path / "c", left_out)])
    of_third = table[table["study"] == "c"]
    assert of_third["left_out"].tolist() == ["north"] * 2 + ["south"] * 2
    assert (of_third["difference_interval"] == PATIENT_BOOTSTRAP).all()
    assert (of_third["difference"] == 0).all()


def test_folders_of_one_name_are_told_apart(tmp_path):
    predictions = predictions_of(0.5)
    folders = []
    for parent in ("x", "y"):
        (tmp_path / parent).mkdir()
        folders.append(study(tmp_path / parent / "out", predictions))
    assert compute_side_by_side(folders)["study"].unique().tolist() == ["x/out", "y/out"]
    with pytest.raises(DeepCMEError, match="out is named twice: name another study"):
        compute_side_by_side([folders[0], folders[0]])


def test_the_page_shows_the_differences_and_escapes_names(tmp_path):
    first = study(tmp_path / "a", predictions_of(0.2))
    second = study(tmp_path / "<b>", predictions_of(1.5))
    table = compute_side_by_side([first, second])
    write_side_by_side(table, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>" not in text
    assert f"{table['difference'].iloc[-1]:+.2f}" in text
    assert SAME_SPLITS in text
    assert "figure-forest" in text and "difference +" in text
    write_side_by_side(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "table.csv", keep_default_na=True)[["study", "auc"]],
        table[["study", "auc"]],
    )


def test_the_command_says_both_tables_or_what_differs(tmp_path, capsys):
    predictions = predictions_of(0.5)
    first, second = (study(tmp_path / name, predictions).path for name in ("a", "b"))
    compare([first, second], None)
    said = capsys.readouterr().out
    for words in (
        "Standardised on",
        "Difference (95%)",
        "+0.000 (+0.000 to +0.000): no demonstrated difference.",
    ):
        assert words in said
    shorter = predictions[predictions["sample"] != "P000"]
    third = study(tmp_path / "c", shorter).path
    with pytest.raises(DeepCMEError, match="89 in common of 89 in c and 90 in a"):
        compare([first, third], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def row_of(study: str, model: str = "network", difference=(np.nan,) * 3, **others):
    """A row of the table, with a difference and its interval if there is one."""
    names = ("difference", "difference_ci_low", "difference_ci_high")
    row = dict.fromkeys(("protocol", "design", "split_by", "tissue", "fit_on"), "same")
    row |= {"study": study, "ranked_within": "", "model": model, "headline": model == "network"}
    row |= {"auc": 0.73, "ci_low": 0.6, "ci_high": 0.8, "n": 90, "events": 30}
    return (
        row | {"difference_interval": ""} | dict(zip(names, difference, strict=True)) | others
    )


LOWER = (-0.2, -0.38, -0.03)
UNCLEAR = (-0.1, -0.3, 0.1)


def test_the_sentence_says_of_a_difference_what_its_interval_shows():
    first = row_of("a", split_by="sample")
    second = row_of("b", difference=LOWER, split_by="patient", auc=0.53)
    assert describe_side_by_side(pd.DataFrame([first, second])) == (
        "Split by patient instead of sample: AUC of network 0.53 in b less 0.73 in a, "
        "difference -0.20 (-0.38 to -0.03): lower."
    )
    for difference, said in (
        (UNCLEAR, "-0.10 (-0.30 to +0.10): no demonstrated difference."),
        ((0.2, 0.03, 0.38), "+0.20 (+0.03 to +0.38): higher."),
        ((0.2, np.nan, np.nan), "+0.200: its interval cannot be estimated."),
    ):
        table = pd.DataFrame([row_of("a"), row_of("b", difference=difference)])
        assert describe_side_by_side(table).endswith(f"difference {said}")


def test_the_sentence_says_why_there_is_no_difference():
    table = pd.DataFrame([row_of("a"), row_of("b", difference_interval=OTHER_RANKING)])
    assert describe_side_by_side(table) == (
        "AUC of network 0.73 in b and 0.73 in a, no difference can be computed: ranked within "
        "other levels."
    )
    table = pd.DataFrame([row_of("a"), row_of("b", "tuned")])
    assert describe_side_by_side(table).startswith("No model is in all of the studies")
    assert write_opening(table).tiles == []


def test_the_model_told_of_is_a_headline_that_all_studies_have():
    rows = [row_of("a"), row_of("a", "tuned"), row_of("b", "tuned", LOWER, headline=True)]
    opening = write_opening(pd.DataFrame(rows))
    assert "AUC of tuned" in opening.sentence
    assert "unlike models (a: network; b: tuned)" in opening.counts[0]
    assert compute_forest(pd.DataFrame(rows))["group"].tolist() == ["tuned", "tuned", "network"]


def test_two_studies_have_three_tiles_and_more_have_those_of_few_differences():
    rows = [row_of("a"), row_of("b", difference=LOWER), row_of("c", difference=UNCLEAR)]
    two, three = (write_opening(pd.DataFrame(of)) for of in (rows[:2], rows))
    assert [tile.value for tile in two.tiles] == ["0.73", "0.73", "-0.20"]
    assert two.tiles[0].note == "90 samples, 30 events."
    assert three.sentence == (
        "AUC of network less that in a: lower in b -0.20 (-0.38 to -0.03); no demonstrated "
        "difference in c -0.10 (-0.30 to +0.10)."
    )
    assert [tile.value for tile in three.tiles] == ["-0.20", "-0.10"]
    many = pd.DataFrame([*rows, row_of("d", difference=LOWER), row_of("e", difference=LOWER)])
    assert not write_opening(many).tiles
    assert "lower in b, d, e; no demonstrated difference in c." in describe_side_by_side(many)


def test_cohorts_left_out_are_told_one_by_one():
    rows = [row_of("a", left_out=name) for name in ("north", "south")]
    rows += [
        row_of("b", difference=of, left_out=name)
        for of, name in ((LOWER, "north"), (UNCLEAR, "south"))
    ]
    opening = write_opening(pd.DataFrame(rows))
    assert "in b less that in a, by the cohort left out: lower in north" in opening.sentence
    assert [tile.label for tile in opening.tiles] == [
        "Difference to a, north left out", "Difference to a, south left out",
    ]  # fmt: skip
    groups = compute_forest(pd.DataFrame(rows))["group"].unique().tolist()
    assert groups == ["network, north", "network, south"]


def test_models_too_many_to_be_seen_leave_the_picture_to_the_one_told_of():
    rows = [row_of(of, f"model {i}", headline=i == 5) for of in ("a", "b") for i in range(20)]
    assert compute_forest(pd.DataFrame(rows))["model"].unique().tolist() == ["model 5"]
