"""The report sets the events beside those that Riley's criteria ask for."""

import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.report.sections.sample_size import compute_sample_size, describe_sample_size


def cohort(patients=500, events=92, genes=76, positives=None):
    counts = {"patients": patients, "positive_patients": events, "genes": genes}
    return {**counts, "positives": events if positives is None else positives}


def test_as_many_parameters_as_genes_and_as_the_clinical_columns_code_for():
    table = compute_sample_size(cohort(), clinical_parameters=6)
    assert table["parameters"].tolist() == [76, 6, pd.NA]
    assert table["needed_patients"].tolist() == [5335, 422, 3740]
    assert table["needed_events"].tolist() == [982, 78, 689]
    assert table["patients"].tolist() == [500, 500, pd.NA]
    assert table["criteria"][0] == "shrinkage 5,335, optimism 2,281, overall risk 231"
    assert table["criteria"][2].startswith("O/E 1,710, calibration slope 3,740, AUC ")


def test_without_clinical_columns_there_is_no_row_for_them():
    assert compute_sample_size(cohort())["parameters"].tolist() == [76, pd.NA]


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({}, "92 events are enough for 7 unpenalised parameters (Riley et al. 2019)."),
        (
            {"patients": 40, "events": 4, "genes": 1000},
            "4 events are not enough for one unpenalised parameter (Riley et al. 2019).",
        ),
        (
            {"positives": 130},
            "92 patients with the event are enough for 7 unpenalised parameters "
            "(Riley et al. 2019).",
        ),
        (
            {"genes": 7},
            "92 events are enough for as many unpenalised parameters as there are genes "
            "(Riley et al. 2019).",
        ),
    ],
)
def test_the_verdict_is_said_by_rule(numbers, sentence):
    assert describe_sample_size(cohort(**numbers)) == sentence


@pytest.mark.parametrize("events", [0, 500])
def test_one_outcome_has_no_size(events):
    with pytest.raises(AbsentError, match="All patients have the same outcome"):
        compute_sample_size(cohort(events=events))
