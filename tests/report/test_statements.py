"""What a report says of its own numbers: of what they are, how sure, and what they are not."""

from itertools import chain

import pytest

from deepcme.report.contents import compute_contents
from deepcme.report.outline import SECTIONS
from deepcme.report.render import render_markdown
from deepcme.report.sections.comparison import DESCRIBED_PROBABILITIES
from deepcme.report.sections.discrimination import describe_deviation
from deepcme.report.sections.methods import describe_methods
from deepcme.report.verdict.verdict import compute_verdict
from deepcme.study.designs import FoldsDesign, LeaveOneCohortOutDesign
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Of a study of three random splits of 60 patients, of whom some are never tested."""
    place = tmp_path_factory.mktemp("statements")
    invented_cohort().save(place / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": place / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 3},
            "models": ["LR-tuned", "KNN"],
            "nulls": {"permutations": 2},
        }
    )
    return compute_contents(run_study(study, place / "out", jobs=1, quiet=True))


@pytest.fixture(scope="module")
def page(contents):
    return render_markdown("", chain(*(section.write(contents) for section in SECTIONS)))


def told(contents, name):
    """What a table's caption and the note below it say."""
    shown = contents.show(name).shown
    return f"{shown.caption} {shown.note}"


def test_the_pr_auc_of_chance_is_not_called_the_prevalence(contents, page):
    table = contents.tables["discrimination"]
    assert (table["pr_auc_chance"] > table["prevalence"]).all()
    assert "that of chance (Bestgen 2015), which is above the prevalence" in told(
        contents, "discrimination"
    )
    assert "prevalence is the PR-AUC" not in page


def test_each_interval_says_what_it_is_and_of_what(contents, page):
    assert "Intervals: bootstrap of patients" in told(contents, "discrimination")
    assert "95% interval (Student's t)" in told(contents, "comparison")
    assert "Wilson's, of the Monte-Carlo error" in told(contents, "permutation")
    results = contents.results
    methods = dict(
        describe_methods(results.study, results.cohort, contents.tables, contents.notes)
    )
    assert "95% intervals of AUC and PR-AUC: 2,000 bootstrap draws of pa" in methods["Measures"]
    assert "the others percentiles" not in page


def test_the_test_over_splits_is_called_approximate_and_no_other_p_is_of_pooled_scores(
    contents,
):
    assert "(Nadeau and Bengio 2003): approximate" in told(contents, "comparison")
    with_p = {
        name
        for name, table in contents.tables.items()
        if any(str(column).startswith("p_") and "value" in column for column in table)
    }
    assert with_p == {"comparison", "permutation"}


def test_the_comparator_was_named_beforehand_and_is_no_best_baseline(contents, page):
    assert "KNN, the comparator named beforehand" in compute_verdict(contents).paragraph
    assert "best baseline" not in page


def test_who_was_tested_is_told_where_not_everyone_was(contents):
    tested = contents.tables["discrimination"].iloc[0]
    assert tested["n"] < 60
    assert f"Tested were {tested['n']} of 60 patients" in compute_verdict(contents).paragraph


def test_two_permutations_are_no_evidence_either_way(contents):
    text = contents.notes["permutation"]
    assert "2 permutations cannot reject, as the smallest p is 1/3" in text
    assert "chance" not in text
    verdict = compute_verdict(contents).paragraph
    assert "above chance. 2 permutations cannot reject (smallest p 1/3)." in verdict


def test_three_probabilities_come_with_their_prior_margin_and_its_reason(contents):
    headings = contents.show("comparison").shown.headings
    assert {"P(better)", "P(equivalent)", "P(worse)"} <= set(headings)
    assert DESCRIBED_PROBABILITIES in told(contents, "comparison")
    for words in ("posterior under a flat prior", "A margin of 0.02 is a convention"):
        assert words in DESCRIBED_PROBABILITIES


def test_the_verdict_says_of_what_the_auc_is_one(contents):
    assert compute_verdict(contents).paragraph.startswith(
        "The AUC of one fit of LR-tuned on 80% of these patients, averaged over 3 splits, is"
    )


def test_draws_of_the_validation_part_are_no_sample_of_a_population(contents):
    left_out = describe_deviation(LeaveOneCohortOutDesign(by="patient", strata="none"))
    assert "are draws of the validation part, whose test patients are the same" in left_out
    assert "is that of no population and is not given" in left_out
    folds = describe_deviation(FoldsDesign(by="patient", strata="none"))
    assert "draws" not in folds
    assert folds in told(contents, "discrimination")
