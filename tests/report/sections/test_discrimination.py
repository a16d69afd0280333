"""What the report says that its AUCs are."""

from deepcme.report.sections.discrimination import describe_aucs
from deepcme.study.designs import FoldsDesign, LeaveOneCohortOutDesign


def test_only_aucs_of_patients_who_train_other_fits_are_called_widened():
    assert "stratified by label and widened" in describe_aucs(
        FoldsDesign(by="patient"), "Covered.", within_strata=False
    )
    by_cohort = LeaveOneCohortOutDesign(by="patient")
    told = describe_aucs(by_cohort, "Covered.", within_strata=False)
    assert told.endswith("stratified by label. Covered.")


def test_strata_are_spoken_of_where_there_are_some():
    split = FoldsDesign(by="patient")
    assert "within strata" in describe_aucs(split, "", within_strata=True)
    assert "strata" not in describe_aucs(split, "", within_strata=False)
