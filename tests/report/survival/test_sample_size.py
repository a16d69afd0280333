"""A report on times says what so many events could show, beside what Riley's criteria ask."""

from dataclasses import replace

import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards
from deepcme.report.render import render_markdown
from deepcme.report.survival.sample_size import SECTION, Size
from deepcme.study.parts.cox_clinical import HAZARD_RATIO_COLUMNS, HAZARD_RATIOS
from deepcme.study.settings import ClinicalSettings

PATIENTS = NormalLogHazards.of_concordance(0.7, 0.25, 0.2)


def size(n=900, events=200, genes=76):
    return Size(PATIENTS, n, events, genes)


def test_as_many_parameters_as_genes_and_as_the_clinical_columns_code_for():
    table = size().tabulate(clinical_parameters=10)
    assert table["parameters"].tolist() == [76, 10, pd.NA]
    assert table["needed_patients"].tolist()[1:] == [737, 1324]
    assert table["needed_events"].tolist()[1:] == [164, 295]
    assert table["patients"].tolist() == [900, 900, pd.NA]
    assert table["criteria"][1] == "shrinkage 737, optimism 276, overall risk 344"
    assert table["criteria"][2] == "O/E 1,324, C 451"
    assert size().tabulate()["parameters"].tolist() == [76, pd.NA]


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (size(), "200 events by the horizon are enough for 12 unpenalised parameters"),
        (size(40, 9), "9 events by the horizon are not enough for one unpenalised parameter"),
        (size(genes=5), "200 events by the horizon are enough for as many unpenalised"),
    ],
)
def test_the_verdict_is_said_by_rule(of, sentence):
    assert of.describe().startswith(sentence)


def test_what_so_many_events_could_show_is_that_of_the_plan():
    """The row of 200 events of `deepcme power --risk 0.25`."""
    said = size().describe_precision()
    assert "has a 95% interval of about 0.66 to 0.73;" in said
    assert "A hazard ratio of 1.49 between two halves" in said


def test_a_report_says_it_of_the_cohort(contents_of, invented_predictions):
    contents = contents_of(invented_predictions())
    contents.results.cohort["genes"] = 76
    SECTION.compute(contents)
    events = contents.tables["sample_size"]["events"][0]
    samples = contents.results.samples
    assert events == ((samples["event"] == 1) & (samples["time"] <= 5)).sum()
    assert contents.notes["sample_size_verdict"].startswith(f"{events} events by the horizon")
    text = render_markdown("", list(SECTION.write(contents)))
    assert "## Sample size" in text
    assert "develop a Cox regression without penalty on all genes" in text


def test_clinical_columns_ask_for_as_many_parameters_as_hazard_ratios(
    contents_of, invented_predictions
):
    contents = contents_of(invented_predictions())
    clinical = ClinicalSettings(columns=("age", "grade"), genes="Cox-ridge")
    study = contents.results.study.model_copy(update={"clinical": clinical})
    contents.results = replace(contents.results, study=study, cohort={"genes": 76})
    ratios = pd.DataFrame(1.0, index=range(3), columns=list(HAZARD_RATIO_COLUMNS))
    contents.results.folder.write_table(ratios, HAZARD_RATIOS)
    SECTION.compute(contents)
    assert contents.tables["sample_size"]["parameters"].tolist() == [76, 3, pd.NA]


def test_without_a_horizon_nothing_is_said(contents_of, invented_predictions):
    contents = contents_of(invented_predictions(horizon=None), horizon=None)
    with pytest.raises(AbsentError, match="Without a horizon no sample size can be said"):
        Size.of(contents.results)
    SECTION.compute(contents)
    assert list(SECTION.write(contents)) == []
