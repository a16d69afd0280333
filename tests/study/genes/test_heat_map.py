"""Expression of the first genes by outcome: who stands where, and that nobody is named."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.selection.univariate.with_risk import ScoredPart
from deepcme.study.genes import heat_map
from deepcme.study.genes.heat_map import compute_heat_map, group_outcomes
from tests.conftest import invented_cohort

N = 40
GENES = pd.DataFrame({"rank": [1, 2], "gene": ["gene3", "gene0"], "symbol": ["A", "B"]})


@pytest.fixture
def cohort():
    return invented_cohort(n_patients=N, n_genes=5, positives=15)


@pytest.fixture
def tests():
    """Two splits, by which everyone but the last two is tested; risk falls with the number."""
    return [
        ScoredPart(np.arange(0, 20), -np.arange(20.0)),
        ScoredPart(np.arange(20, 38), -np.arange(18.0)),
    ]


def map_of(cohort, tests, strata=None):
    return compute_heat_map(cohort, GENES, tests, strata or [""] * N, None)


def columns_of(cells):
    return cells.drop_duplicates("column").sort_values("column")


def test_patients_stand_by_outcome_and_within_it_by_risk(cohort, tests):
    columns = columns_of(map_of(cohort, tests))
    assert columns["column"].tolist() == [*range(1, 39)]
    assert columns["outcome"].tolist() == ["no event"] * 23 + ["event"] * 15
    for _, group in columns.groupby("outcome"):
        assert group["risk"].is_monotonic_increasing
    assert (columns["n_patients"] == 1).all()


def test_values_are_standard_deviations_on_the_log_scale(cohort, tests):
    cells = map_of(cohort, tests)
    values = np.log2(cohort.X[:38, [3, 0]].astype(np.float64) + 1)
    z = np.clip((values - values.mean(axis=0)) / values.std(axis=0), -2.5, 2.5)
    risk = np.r_[np.arange(20)[::-1] / 20, np.arange(18)[::-1] / 18]
    order = np.lexsort((risk, cohort.labels[:38]))
    for place, gene in enumerate(["gene3", "gene0"]):
        found = cells[cells["gene"] == gene].sort_values("column")
        assert found["value"].to_numpy() == pytest.approx(z[order, place], abs=1e-5)
        assert (found["symbol"] == "AB"[place]).all() and (found["rank"] == place + 1).all()
    high = cells[(cells["gene"] == "gene0") & (cells["outcome"] == "event")]
    assert high["value"].mean() > 0.5  # gene0 is higher with the event


def test_nobody_is_named(cohort, tests):
    cells = map_of(cohort, tests)
    text = cells.to_csv()
    assert not any(name in text for name in (*cohort.samples, *cohort.patients))


def test_neighbours_of_one_outcome_share_a_column_where_there_are_many(
    cohort, tests, monkeypatch
):
    single = map_of(cohort, tests)
    monkeypatch.setattr(heat_map, "MOST_COLUMNS", 20)
    cells = map_of(cohort, tests)
    columns = columns_of(cells)
    assert columns["n_patients"].tolist() == [2] * 11 + [1] + [2] * 7 + [1]
    assert columns["outcome"].tolist() == ["no event"] * 12 + ["event"] * 8
    first = single[(single["column"] <= 2) & (single["rank"] == 1)]["value"].mean()
    assert cells["value"].iloc[0] == pytest.approx(first)


def test_expression_is_compared_within_strata(cohort, tests):
    strata = ["a" if number % 2 else "b" for number in range(N)]
    plain = map_of(cohort, tests, strata)
    cohort.X[::2] *= 4  # about 2 on the log scale
    moved = map_of(cohort, tests, strata)
    assert moved["value"].to_numpy() == pytest.approx(plain["value"].to_numpy(), abs=0.5)


def test_outcomes_of_times_are_those_by_the_horizon():
    times, ends = np.array([1.0, 1, 1, 5, 5, 9]), np.array([1, 0, 2, 1, 0, 0])
    outcome = SurvivalOutcome(times, ends)
    assert group_outcomes(outcome, 5).tolist() == [
        *("event", "censored before", "competing event", "event", "no event", "no event"),
    ]
    assert group_outcomes(outcome, 4).tolist()[3:] == ["no event"] * 3
    assert group_outcomes(outcome, None).tolist() == [
        *("event", "no event", "competing event", "event", "no event", "no event"),
    ]
    labels = BinaryOutcome(np.array([0, 1], dtype=np.int8))
    assert group_outcomes(labels, None).tolist() == ["no event", "event"]


def test_who_is_never_tested_is_not_shown_and_a_constant_gene_has_no_value(cohort, tests):
    cohort.X[:, 3] = 1
    cells = map_of(cohort, tests)
    assert columns_of(cells)["n_patients"].sum() == 38
    assert cells.loc[cells["gene"] == "gene3", "value"].isna().all()
