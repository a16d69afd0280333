"""What a study's table tells of each gene beside its score."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.splits import Split
from deepcme.selection.univariate.univariate import compute_univariate
from deepcme.selection.univariate.with_risk import ScoredPart, compute_risk_correlations
from deepcme.study.genes.scores import (
    ModelInSplits,
    compute_gene_scores,
    compute_gene_table,
)
from deepcme.study.part import PREDICTIONS
from deepcme.study.run import run_study
from tests.conftest import invented_cohort
from tests.study.conftest import QUICK_NETWORK

SPLITS = 10


@pytest.fixture(scope="module")
def cohort():
    return invented_cohort(n_patients=60, n_genes=6, scale="log2")


@pytest.fixture(scope="module")
def by_model(cohort):
    """A model that adds gene0, takes off gene1 and goes by nothing else; gene5 it lacks once."""
    random = np.random.default_rng(4)
    in_splits = ModelInSplits()
    for number in range(SPLITS):
        scores = np.array([3, 2, 1, 0.5, 0.4, 0.3]) + random.normal(0, 0.01, 6)
        if number == 0:
            scores[5] = np.nan
        rows = random.permutation(60)[:20]
        in_splits.scores.append(scores)
        in_splits.tests.append(ScoredPart(rows, cohort.X[rows, 0] - 8 * cohort.X[rows, 1]))
    return {"net": in_splits}


@pytest.fixture(scope="module")
def table(cohort, by_model):
    return compute_gene_table(cohort, by_model, [""] * 60).set_index("gene")


def test_scores_have_their_spread_over_the_splits(table, by_model):
    by_split = np.nan_to_num(np.vstack(by_model["net"].scores))
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["score"].to_numpy() == pytest.approx(by_split.mean(axis=0))
    low, high = np.quantile(by_split, [0.1, 0.9], axis=0)
    assert table["score_low"].to_numpy() == pytest.approx(low)
    assert table["score_high"].to_numpy() == pytest.approx(high)
    assert table["splits"].tolist() == [SPLITS] * 5 + [SPLITS - 1]


def test_the_direction_is_that_of_the_models_score_in_the_test_parts(table, cohort, by_model):
    by_split = compute_risk_correlations(cohort.X, by_model["net"].tests, [""] * 60)
    assert table["risk_correlation"].to_numpy() == pytest.approx(by_split.mean(axis=0))
    low, high = np.quantile(by_split, [0.1, 0.9], axis=0)
    assert table["risk_correlation_low"].to_numpy() == pytest.approx(low)
    assert table["risk_correlation_high"].to_numpy() == pytest.approx(high)
    agree = np.sign(by_split) == np.sign(by_split.mean(axis=0))
    assert table["same_sign"].to_numpy() == pytest.approx(agree.mean(axis=0))
    assert table.loc["gene1", "direction"] == "lower"
    assert table["direction"].tolist() == [
        "unclear" if share < 0.8 else "higher" if mean > 0 else "lower"
        for share, mean in zip(agree.mean(axis=0), by_split.mean(axis=0), strict=True)
    ]


def test_each_gene_alone_knows_nothing_of_the_model(table, cohort):
    alone = compute_univariate(cohort.X, cohort.outcome, cohort.patients, [""] * 60)
    for name in alone.columns:
        assert table[name].to_numpy() == pytest.approx(alone[name].to_numpy())
    assert table.loc["gene0", "fdr"] < 0.01


def test_one_split_has_no_spread(cohort, by_model):
    one = ModelInSplits(by_model["net"].scores[1:2], by_model["net"].tests[1:2])
    table = compute_gene_table(cohort, {"net": one}, [""] * 60)
    assert table[["sd", "score_low", "risk_correlation_low"]].isna().all(axis=None)
    assert table["risk_correlation"].notna().all()


def test_without_a_model_that_scores_genes_there_are_none(cohort):
    assert compute_gene_scores(cohort, {}).empty
    assert compute_gene_table(cohort, {}, [""] * 60).empty


def test_a_study_keeps_the_scores_of_its_fits_and_adds_the_rest(quick_study, tmp_path):
    study = quick_study(models=[QUICK_NETWORK])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    table = folder.read_table("gene_scores.csv")
    assert set(table["model"]) == {"DeepCME"}
    assert table["fdr"].notna().all() and table["direction"].notna().all()
    cells = folder.read_table("gene_heat_map.parquet")
    assert cells["gene"].drop_duplicates().tolist() == table["gene"].tolist()
    predictions = folder.read_table(PREDICTIONS)
    tested = predictions.loc[predictions["part"] == "test", "sample"].nunique()
    assert cells.drop_duplicates("column")["n_patients"].sum() == tested
    # The folder of an older deepcme has them by its finished fits alone.
    before = [path.stat().st_mtime_ns for path in folder.path.glob("tasks/*.npz")]
    older = table.drop(columns=[*table.columns[table.columns.get_loc("score_low") :]])
    older.to_csv(folder.path / "gene_scores.csv", index=False)
    (folder.path / "gene_heat_map.parquet").unlink()
    run_study(study, folder.path, jobs=1, quiet=True)
    pd.testing.assert_frame_equal(folder.read_table("gene_scores.csv"), table)
    assert [path.stat().st_mtime_ns for path in folder.path.glob("tasks/*.npz")] == before


def test_a_fits_tested_rows_are_the_last_of_its_scores(cohort):
    split = Split(np.arange(0, 30), np.arange(30, 40), np.arange(40, 60))
    result = SimpleNamespace(
        rows=np.arange(60),
        score=np.arange(60.0),
        genes=np.array([1, 4]),
        gene_scores=np.array([0.5, 0.25]),
    )
    in_splits = ModelInSplits()
    in_splits.add(cohort, SimpleNamespace(split=split), result)
    (part,) = in_splits.tests
    assert part.rows.tolist() == part.score.tolist() == [*range(40, 60)]
    np.testing.assert_equal(in_splits.scores[0], [np.nan, 0.5, np.nan, np.nan, 0.25, np.nan])
