"""The design in words says no more than what was done."""

from deepcme.report.design import (
    describe_coverage,
    describe_design,
    describe_guard,
    describe_test_parts,
    find_leaks,
)
from deepcme.study.designs import (
    FoldsDesign,
    LeaveOneCohortOutDesign,
    NestedDesign,
    RepeatedDesign,
)
from deepcme.study.spec import make_study
from tests.conftest import BINARY_EXAMPLE

LEFT_OUT = LeaveOneCohortOutDesign(by="patient", strata="none")
REPEATED = RepeatedDesign(by="patient", strata="none")
SEVERAL_SAMPLES = {"samples": 70, "patients": 60}


def leaks(cohort=SEVERAL_SAMPLES, by="patient", fit_on="train"):
    settings = {"split": {"by": by}, "preprocessing": {"fit_on": fit_on}}
    return find_leaks(cohort, make_study({**BINARY_EXAMPLE, **settings}))


def test_what_leaks():
    assert leaks() == []
    assert leaks(by="sample") == ["samples of one patient are on both sides"]
    assert leaks({"samples": 60, "patients": 60}, by="sample") == []
    assert leaks(fit_on="all") == ["preprocessing was fitted on all rows, test rows included"]
    assert len(leaks(by="sample", fit_on="all")) == 2


def test_intervals_and_guards_are_claimed_only_where_nothing_leaks():
    for split in (LEFT_OUT, REPEATED):
        assert "may be too high" not in describe_coverage(split, leaks())
        assert describe_guard(split, leaks()).startswith("Yes")
        for found in (leaks(by="sample"), leaks(fit_on="all")):
            assert describe_coverage(split, found) == (
                f"No interval mends that {found[0]}: these are intervals of an AUC that may be "
                "too high for new patients."
            )
            assert describe_guard(split, found) == f"Not wholly: {found[0]}."


def test_patients_of_two_cohorts():
    assert "neither trains nor validates where it is tested" in describe_design(LEFT_OUT)
    by_sample = describe_design(LEFT_OUT.model_copy(update={"by": "sample"}))
    assert "A patient of two cohorts may train where it is tested." in by_sample


def test_studies_of_times_are_told_by_c_and_not_by_the_auc_of_positives():
    said = describe_design(LEFT_OUT, is_survival=True)
    assert said.endswith("C and AUC(t) are each of one cohort, a mean over the draws.")
    assert describe_design(LEFT_OUT).endswith(
        "Each AUC is of one cohort, a mean over the draws."
    )
    within = FoldsDesign(by="patient", strata="batch", folds=4, repeats=1)
    assert "the AUC is the mean of the levels' AUCs" in describe_design(within)
    of_times = describe_design(within, is_survival=True)
    assert "C and AUC(t) are means of the levels' own" in of_times
    assert "positive" not in of_times


def test_which_models_of_nested_folds_train_on_all_inner_folds():
    text = describe_design(NestedDesign(by="patient", strata="none"))
    assert "ensembles, committees and models with clinical columns are fitted on both" in text
    assert "DeepCME-tuned" in text
    assert "corrected t-test" in text
    of_times = describe_design(NestedDesign(by="patient", strata="none"), is_survival=True)
    assert (
        "Cox regressions, ensembles, committees and models with clinical columns are"
        in of_times
    )
    assert "DeepCME-Cox-tuned (where a grid was searched)" in of_times
    assert "t-test" not in of_times


def test_folds_drawn_once_are_not_called_repeated():
    once = FoldsDesign(by="patient", strata="none", folds=4, repeats=1)
    said = describe_design(once)
    assert said.startswith("Cross-validation: 4 stratified folds by patient, drawn once; each")
    assert "repeat" not in said


def test_folds_say_how_many_were_drawn_and_that_everyone_is_tested():
    folds = FoldsDesign(by="patient", strata="none", folds=4, repeats=3, validation=0.25)
    text = describe_design(folds)
    assert "4 stratified folds by patient, drawn 3 times; each is the test part once" in text
    assert "so that everyone is tested" in text
    assert "(56% and 19% of all)" in text
    assert describe_test_parts(folds, 12) == "12 folds (3 x 4)"
    assert describe_test_parts(REPEATED, 1) == "1 split"
