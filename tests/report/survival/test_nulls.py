"""What permuted outcomes and random genes say in a report of times."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.survival.tables.nulls import PERMUTED_OUTCOMES
from deepcme.report.chance import exceeds_chance
from deepcme.report.render import render_markdown
from deepcme.report.sections import nulls
from deepcme.report.sections.methods import describe_methods
from deepcme.report.survival import discrimination, risk_groups
from deepcme.study.store import StudyFolder

MODULES = (risk_groups, discrimination, nulls)


def runs_of(n_permutations, c=0.5):
    random = np.random.default_rng(1)
    permuted = pd.DataFrame(
        {
            "kind": PERMUTED_OUTCOMES,
            "number": np.arange(n_permutations) + 1,
            "size": 50,
            "uno_c": c + 0.01 * random.normal(size=n_permutations),
            "log_rank": random.chisquare(2, n_permutations),
        }
    )
    genes = {"kind": "random genes", "number": [1, 2], "size": 9, "uno_c": [0.6, 0.99]}
    table = pd.concat([permuted, pd.DataFrame(genes)], ignore_index=True)
    empty = dict.fromkeys(("signature", "listed", "missing"))
    return table.assign(n_splits=8, n=80, events=40, **empty)


@pytest.fixture
def report(contents_of, invented_predictions, monkeypatch):
    """The sections on a study that found much, beside these runs."""

    monkeypatch.setattr(StudyFolder, "read_looks", lambda _: [])

    def make(runs):
        contents = contents_of(invented_predictions())
        runs.to_csv(contents.results.folder.path / "nulls.csv", index=False)
        for module in MODULES:
            module.SECTION.compute(contents)
        blocks = [block for module in MODULES for block in module.SECTION.write(contents)]
        return contents, render_markdown("", [block for block in blocks if block])

    return make


def words_in(chart):
    return [
        row["words"]
        for rows in chart.to_dict()["datasets"].values()
        for row in rows
        if "words" in row
    ]


def test_p_of_the_groups_stands_in_their_chart_and_below_it(report):
    contents, text = report(runs_of(19))
    table = contents.tables["permutation"].set_index("statistic")
    assert table["p_value"].to_dict() == {"uno_c": 0.05, "log_rank": 0.05}
    assert words_in(contents.charts["risk_curves"]) == ["permutation p = 0.050"]
    assert "0 of 19 reruns had thirds at least as far apart (log-rank" in text
    assert "No p-value stands beside these curves" not in text
    assert "With permuted outcomes the whole pipeline did at least as well in 0 of 19" in text
    assert "Of 2 random sets of 9 genes, 1 (50%" in text and "(Uno's C 0." in text
    assert exceeds_chance(contents)


def test_the_permutations_decide_whether_anything_is_claimed(report):
    contents, _ = report(runs_of(19, c=0.95))
    assert not exceeds_chance(contents), "no second chance by the interval"


def test_too_few_permutations_give_no_p_and_the_interval_decides(report):
    contents, text = report(runs_of(5))
    assert words_in(contents.charts["risk_curves"]) == []
    assert "5 permutations cannot reject" in text
    assert exceeds_chance(contents)


def test_a_run_without_an_estimate_is_said_and_nothing_raises(report):
    runs = runs_of(19)
    runs.loc[0, "uno_c"] = np.nan
    contents, text = report(runs)
    assert "permutation" not in contents.tables
    assert "There is no permutation test: Uno's C cannot be estimated in every run." in text


def test_the_methods_say_what_was_permuted(report):
    contents, _ = report(runs_of(19))
    cohort = {"unit": "years", "endpoint": "Time.", "scale": "log2"}
    said = dict(
        describe_methods(contents.results.study, cohort, contents.tables, contents.notes)
    )
    assert (
        "Outcomes, time and event together, permuted between patients 19 times" in said["Nulls"]
    )
    assert (
        "log-rank statistic of the three groups when outcomes are permuted"
        in said["Risk groups"]
    )
