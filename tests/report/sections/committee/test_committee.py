"""What is said of a committee beside its members, and where it stands in a report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.committees.gain import compute_committee_gain
from deepcme.report.models import describe_committees
from deepcme.report.page import compute_contents
from deepcme.report.sections.committee.committee import SECTION
from deepcme.report.sections.committee.words import describe_gain
from deepcme.report.sections.genes.words import describe_whose_genes
from deepcme.study.part import MEMBERS
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

BETTER, TIE, WORSE = (0.02, 0.01, 0.03), (0.01, -0.01, 0.03), (-0.02, -0.03, -0.01)


def gain(numbers, **columns):
    difference, low, high = numbers
    table = pd.DataFrame(
        {
            "committee": "Committee",
            "model": ["Committee", "RF", "LR-tuned"],
            "best": [False, True, False],
            "difference": [np.nan, difference, 0.1],
            "difference_low": [np.nan, low, 0.05],
            "difference_high": [np.nan, high, 0.15],
            "n": 189,
            "events": 35,
        }
    )
    return table.assign(**columns)


def alike(**pairs):
    rows = [(*pair.split("_"), value) for pair, value in pairs.items()]
    return pd.DataFrame(rows, columns=["model", "other", "correlation"])


def said(table, correlations=None, measure="AUC", exceeds_chance=True):
    correlations = alike() if correlations is None else correlations
    return describe_gain(table, correlations, measure, lambda _: exceeds_chance)


def test_better_is_said_where_the_interval_lies_above_0():
    assert said(gain(BETTER)).startswith(
        "Committee ranks patients better than its best member, RF (difference in AUC +0.020, "
        "95% interval +0.010 to +0.030; 189 samples, 35 events). Which member is best was seen "
        "on the same test parts, which flatters it"
    )


@pytest.mark.parametrize("numbers", [TIE, WORSE, (0.01, np.nan, np.nan)])
def test_worse_is_never_said_as_the_best_member_was_seen(numbers):
    text = said(gain(numbers))
    assert text.startswith("Committee is not shown to rank patients better than its best")
    assert "worse" not in text


def test_nothing_is_claimed_of_what_does_not_exceed_chance():
    text = said(gain(BETTER), exceeds_chance=False)
    assert text.startswith("Committee is not shown to rank patients better")


def test_times_are_of_patients_and_each_cohort_left_out_is_told():
    assert "189 patients, 35 events" in said(gain(TIE), measure="Uno's C")
    table = pd.concat([gain(BETTER, left_out="north"), gain(TIE, left_out="south")])
    text = said(table)
    assert text.startswith("In north: Committee ranks patients better than its best member")
    assert "In south: Committee is not shown to" in text


def test_the_pairs_that_rank_most_and_least_alike_are_named():
    several = alike(A_B=0.9, B_A=0.9, A_C=0.4, C_A=0.4, B_C=0.6, C_B=0.6)
    assert "A and B rank patients most alike (rank correlation 0.90), A and C least (0.40)" in (
        said(gain(TIE), several)
    )
    two = alike(A_B=0.9, B_A=0.9)
    assert said(gain(TIE), two).endswith(
        "Its members rank patients with a correlation of 0.90."
    )


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Of a study whose only model is a committee of quick members."""
    place = tmp_path_factory.mktemp("committee")
    invented_cohort().save(place / "cohort.h5ad")
    parameters = {"members": ["LR", "SVC-linear"], "n_folds": 2}
    settings = {
        "cohort": {"path": place / "cohort.h5ad"},
        "split": {"design": "repeated", "repeats": 2},
        "models": [{"name": "Committee", "parameters": parameters}],
    }
    study = make_study(settings)
    assert study.headline.name == "Committee"
    return compute_contents(run_study(study, place / "out", jobs=1, quiet=True))


def test_a_report_has_the_members_of_its_committee(contents):
    results = contents.results
    table = contents.tables["committee_gain"]
    assert table["model"].tolist() == ["Committee", "LR", "SVC-linear"]
    discrimination = contents.tables["discrimination"].set_index("model")
    row = table.set_index("model").loc["Committee"]
    assert row["value"] == discrimination.loc["Committee", "auc"]
    assert row["ci_low"] == pytest.approx(discrimination.loc["Committee", "ci_low"])
    expected = compute_committee_gain(
        results.predictions, results.folder.read_table(MEMBERS), "Committee",
        np.random.default_rng(1), draws=2,
    )  # fmt: skip
    assert table["difference"].dropna().tolist() == expected["difference"].dropna().tolist()
    shown = [block for block in SECTION.write(contents) if hasattr(block, "shown")]
    assert shown[0].shown.headings[:4] == ["Model", "What", "AUC (95%)", "Difference (95%)"]
    assert [cells[1] for cells in shown[0].shown.rows].count("highest member") == 1


def test_its_methods_tell_how_members_are_made_that_the_study_has_not(contents):
    told = describe_committees(contents.results.study)
    assert "the mean of the scores of LR, SVC-linear" in told
    assert "Its SVC-linear: scikit-learn's SVC with its defaults but kernel = linear." in told


def test_members_that_the_study_has_too_are_told_once():
    settings = {"cohort": {"path": "none.h5ad"}, "models": ["Committee", "RF", "LR-tuned"]}
    told = describe_committees(make_study(settings))
    assert "RF: with the settings told below" in told
    assert "Its RF" not in told
    assert "of lowest log loss on a part of these patients" in told
    assert "Its DeepCME-ensemble: 3 hidden layers of 64, 64, 64 units" in told


def test_whose_genes_are_shown_is_said_where_the_verdict_is_on_a_committee():
    models = ["Committee", "DeepCME-ensemble", "LR-tuned"]
    study = make_study({"cohort": {"path": "none.h5ad"}, "models": models})
    assert describe_whose_genes(study, "DeepCME-ensemble") == (
        "Committee gives no gene scores: these are of DeepCME-ensemble; a model like it is one "
        "of the members of Committee, the others have no gene scores."
    )
    alone = make_study({"cohort": {"path": "none.h5ad"}, "models": models[1:]})
    assert describe_whose_genes(alone, "DeepCME-ensemble") == ""
