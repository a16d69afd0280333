"""Published signatures in studies: rows beside the models, scaled on the training part alone."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.measured import measured
from deepcme.models.signatures.published import load_signature
from deepcme.models.signatures.scoring import fit_within_cohort
from deepcme.report.contents import compute_contents
from deepcme.report.survival.verdict.verdict import compute_survival_verdict
from deepcme.report.verdict.verdict import compute_verdict
from deepcme.study.identity import describe_identity, refuse_other_results
from deepcme.study.part import PREDICTIONS
from deepcme.study.parts.comparators.signatures import (
    COMPARATORS,
    SIGNATURE_SCORES,
    SIGNATURES,
    compute_signature_predictions,
)
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.study.parts.comparators.invented import GENES, PROLIFERATION, N, breast_cohort

LABELS = ["LR", {"name": "KNN", "parameters": {"n_neighbors": 5}}]
TIMES = [
    {"name": "Cox-ridge", "parameters": {"penalties": [0.3]}},
    {"name": "Cox-top-200", "parameters": {"penalties": [0.3], "n_genes": 5}},
]
FOLDS = {"design": "folds", "folds": 3, "repeats": 1}
DESIGNS = {
    "folds": FOLDS,
    "repeated": {"design": "repeated", "repeats": 2},
    "nested": {"design": "nested", "folds": 3, "repeats": 1},
    "leave-one-cohort-out": {"design": "leave-one-cohort-out", "repeats": 1},
    "strata": {**FOLDS, "strata": "batch"},
}


@pytest.fixture
def run(tmp_path):
    """A study of a cohort, run in a folder."""

    def make(cohort, out="out", **options):
        path = tmp_path / "cohort.h5ad"
        cohort.save(path)
        study = make_study({"cohort": {"path": path}, "split": FOLDS, **options})
        return run_study(study, tmp_path / out, jobs=1, quiet=True)

    return make


@pytest.fixture(scope="module")
def expected():
    """Scores with the scaling of some rows, as the package that scores signatures has them."""

    def score(cohort, rows):
        matched = match_signature(load_signature(PROLIFERATION), cohort)
        return fit_within_cohort(matched, cohort, rows).score()

    return score


def of_signature(folder):
    predictions = folder.read_table("predictions.parquet")
    return predictions[predictions["model"] == PROLIFERATION]


def plan_of(design, cohort, **options):
    study = make_study(
        {"cohort": {"path": "c.h5ad"}, "split": DESIGNS[design], "models": LABELS, **options},
        folder=None,
    )
    return make_plan(study, cohort)


@pytest.mark.parametrize("design", DESIGNS)
def test_each_split_has_the_scores_scaled_on_its_training_part(design, expected):
    columns = {"cohort": ["north", "south", "east"] * (N // 3), "batch": ["a", "b"] * (N // 2)}
    cohort = breast_cohort(**columns)
    plan = plan_of(design, cohort)
    table = compute_signature_predictions(plan, plan.signatures[2:3], measured(cohort))
    assert set(table["model"]) == {PROLIFERATION}
    assert table["probability"].isna().all()
    for number, split in enumerate(plan.splits, start=1):
        rows = table[table["split"] == number]
        scores = expected(plan.cohort, split.train)
        for part, of_part in split.parts():
            of_table = rows[rows["part"] == part]
            assert of_table["sample"].tolist() == plan.cohort.samples[of_part].tolist()
            np.testing.assert_array_equal(of_table["score"], scores[of_part])
            np.testing.assert_array_equal(of_table["label"], plan.cohort.labels[of_part])
        assert set(rows.get("left_out", [])) == {split.left_out} - {None}


@pytest.mark.parametrize("design", DESIGNS)
def test_held_out_samples_and_all_outcomes_move_nothing(design):
    columns = {"cohort": ["north", "south", "east"] * (N // 3), "batch": ["a", "b"] * (N // 2)}
    plan = plan_of(design, breast_cohort(**columns))
    X, labels = plan.cohort.X.copy(), 1 - plan.cohort.labels
    split = plan.splits[0]
    held_out = np.r_[split.validation, split.test]
    X[held_out] += np.random.default_rng(1).normal(0, 500, (len(held_out), X.shape[1]))
    poisoned = Cohort.from_arrays(
        X,
        labels,
        samples=plan.cohort.samples,
        genes=plan.cohort.gene_ids,
        endpoint="invented",
        scale="log2",
    )
    clean, dirty = (
        compute_signature_predictions(plan, plan.signatures[2:3], measured(of))
        for of in (plan.cohort, poisoned)
    )
    clean, dirty = (table[table["split"] == 1] for table in (clean, dirty))
    is_training = clean["part"] == "train"
    moved = clean["score"] != dirty["score"]
    assert not moved[is_training].any()
    assert moved[~is_training].all()


def test_a_study_of_labels_has_them_after_the_models(run):
    folder = run(breast_cohort(), models=LABELS)
    predictions = folder.read_table("predictions.parquet")
    assert predictions["model"].drop_duplicates().tolist() == ["LR", "KNN", PROLIFERATION]
    test = predictions.query("part == 'test' and split == 1 and model == @PROLIFERATION")
    metrics = folder.read_table("metrics.csv").query(
        "part == 'test' and split == 1 and model == @PROLIFERATION and metric == 'auc'"
    )
    assert metrics["value"].item() == roc_auc_score(test["label"], test["score"])
    signatures = folder.read_table(SIGNATURES).set_index("signature")
    assert len(signatures) == 6
    row = signatures.loc[PROLIFERATION]
    assert (row["standing"], row["n_found"], row["n_listed"]) == ("full", 12, 12)
    assert (row["kind"], bool(row["comparator"])) == ("published", True)
    assert "does not say of which it is" in row["warnings"]
    assert "200 genes beside the signature's" in row["single_sample"]
    refused = signatures.loc["genomic-grade-index"]
    assert refused["standing"] == "refused"
    assert "of 128 genes" in refused["why"]
    assert not folder.has_table(SIGNATURE_SCORES)
    said = compute_verdict(compute_contents(folder)).paragraph
    assert "Proliferation score, research version as published, untrained: AUC 0." in said


def test_a_study_of_times_has_them_too(run):
    cohort = breast_cohort(of_times=True)
    folder = run(cohort, models=TIMES)
    contents = compute_contents(folder)
    table = contents.tables["survival_discrimination"]
    assert table.loc[table["model"] == PROLIFERATION, "ci_low"].notna().any()
    said = compute_survival_verdict(contents).paragraph
    assert "research version as published, untrained: Uno's C 0." in said
    assert set(of_signature(folder)["part"]) == {"train", "validation", "test"}
    assert {"time", "event"} <= set(of_signature(folder).columns)


def test_those_who_were_censored_can_be_left_out(run):
    plan = plan_of("folds", leave_out_censored(breast_cohort(of_times=True)))
    assert "label" in COMPARATORS.make_tables(plan, None)[PREDICTIONS]


def test_single_samples_have_scores_where_enough_else_was_measured(run):
    random = np.random.default_rng(2)
    few = breast_cohort()
    X = np.column_stack([few.X, random.normal(7, 1, (N, 220))])
    genes = [*few.gene_ids, *(f"more{i}" for i in range(220))]
    many = Cohort.from_arrays(
        X, few.labels, samples=few.samples, genes=genes, endpoint="invented", scale="log2"
    )
    plan = plan_of("folds", many)
    tables = COMPARATORS.make_tables(plan, None)
    scores = tables[SIGNATURE_SCORES]
    assert set(scores["signature"]) == {PROLIFERATION}
    assert set(scores["scaling"]) == {"single sample"}
    assert scores["sample"].tolist() == many.samples.tolist()
    row = tables[SIGNATURES].set_index("signature").loc[PROLIFERATION]
    assert row["single_sample"] == ""
    assert 0.9 < row["spearman"] < 1
    assert row["spearman_low"] < row["spearman"] < row["spearman_high"]
    assert row["n_agreement"] == N


def test_a_cohort_of_another_cancer_is_told_why_none_is_there(run):
    plan = plan_of("folds", breast_cohort(name="TCGA-LUAD"))
    assert "another cancer (LUAD) than breast cancer" in COMPARATORS.announce(plan)
    tables = COMPARATORS.make_tables(plan, None)
    assert set(tables) == {SIGNATURES}
    assert set(tables[SIGNATURES]["standing"]) == {"refused"}
    named = plan_of("folds", breast_cohort(name="TCGA-LUAD"), comparator={"signature": "aurka"})
    row = COMPARATORS.make_tables(named, None)[SIGNATURES].iloc[0]
    assert "the cohort says that it is of another one (LUAD)" in row["warnings"]


@pytest.fixture
def ours(tmp_path):
    """A file of a signature of the same genes."""
    path = tmp_path / "ours.csv"
    path.write_text("gene,weight\n" + "".join(f"{gene},1\n" for gene in GENES))
    return path


def test_what_is_announced(ours):
    plan = plan_of("folds", breast_cohort(n_genes=8), comparator={"files": [ours]})
    assert COMPARATORS.announce(plan) == (
        "Beside the models, not trained here: proliferation, ours (in part: proliferation, ours)."
    )
    assert COMPARATORS.announce(plan_of("folds", breast_cohort())).endswith(
        "not trained here: proliferation. The verdict tells of proliferation."
    )
    none = plan_of("folds", breast_cohort(n_genes=1))
    assert "None of 6 published signatures has enough" in COMPARATORS.announce(none)


@pytest.fixture
def change(tmp_path):
    """Refuse or take a study of these settings, where a folder holds results of others."""

    def refuse(before, now):
        found, wanted = (
            describe_identity(plan_of("folds", breast_cohort(), comparator=comparator))
            for comparator in (before, now)
        )
        refuse_other_results(found, wanted, tmp_path / "out")

    return refuse


def test_the_signature_that_was_named_stays_while_it_takes_part(change, ours):
    named = {"signature": "ours", "files": [ours]}
    with pytest.raises(
        DeepCMEError,
        match="the signature of the verdict is proliferation there and ours here, and it is "
        r'named before results are seen: set signature = "proliferation" under \[comparator\]',
    ):
        change({}, named)
    with pytest.raises(DeepCMEError, match="is ours there and proliferation here"):
        change(named, {"files": [ours], "signature": PROLIFERATION})
    with pytest.raises(DeepCMEError, match="is proliferation there and none here"):
        change({}, {"signature": "none"})
    with pytest.raises(DeepCMEError, match="is none there and proliferation here"):
        change({"signature": "none"}, {})
    change({}, {"signature": "aurka"})
    change({}, {"signatures": "none", "files": [ours]})  # it takes no part any more
    change({"signatures": "none"}, {})  # none was seen


def test_what_was_left_out_leaves_nothing_behind(run):
    folder = run(breast_cohort(), models=["KNN"])
    assert not of_signature(folder).empty
    run(breast_cohort(), models=["KNN"], comparator={"signatures": "none"})
    assert not folder.has_table(SIGNATURES)
    assert of_signature(folder).empty
