"""The section on other cohorts' patients: its table, its sentences and where it stands."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.report.models import find_refitted_models
from deepcme.report.outline import SECTIONS, SURVIVAL_SECTIONS
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.report.sections import discrimination
from deepcme.report.sections.others import also
from deepcme.report.sections.others.also import describe_gain, describe_prevalences
from deepcme.report.survival import discrimination as discrimination_over_time
from deepcme.study.run import run_study
from tests.study.others.cohorts import COX, TUNED, labelled, study_with, timed, unread

__all__ = ["unread"]
pytestmark = pytest.mark.usefixtures("unread")
ENDS = ("difference", "difference_low", "difference_high")


def contents_of(folder, own, *others, **options):
    """What the section finds; of times with few draws, as what is tested is no interval."""
    study = study_with(folder, own, *others, **options)
    results = StudyResults.read(run_study(study, folder / "out", jobs=1, quiet=True))
    ranks = discrimination.SECTION
    if results.is_survival:
        ranks = discrimination_over_time.SECTION
        vars(results)["evaluation"] = Evaluation.draw(
            results.predictions,
            results.horizon,
            np.random.default_rng(1),
            refitted=find_refitted_models(results.study),
            draws=40,
        )
    contents = Contents(results)
    ranks.compute(contents)
    also.SECTION.compute(contents)
    return contents


def text_of(contents):
    return " ".join(
        block.text for block in also.SECTION.write(contents) if hasattr(block, "text")
    )


def test_labels_own_alone_stand_beside_own_and_others(tmp_path):
    own, other = labelled("own", n=60), labelled("other", seed=2, genes=range(64), share=0.2)
    models = [TUNED, {"name": "KNN", "parameters": {"n_neighbors": 7}}]
    contents = contents_of(tmp_path, own, other, models=models)
    table = contents.tables["with_others"]
    of_tuned = table[table["model"] == "LR-tuned"].set_index("arm")
    assert of_tuned.index.tolist() == ["own", "own, common genes", "own and others'"]
    assert of_tuned["own_patients"].tolist() == [40, 40, 40]
    assert of_tuned["other_patients"].tolist() == [0, 0, 50]
    assert of_tuned["genes"].tolist() == [70, 64, 64]
    assert of_tuned["n"].tolist() == [60, 60, 60]
    names = ("LR-tuned", "LR-tuned, common genes", "LR-tuned + 1 cohort")
    ranks = contents.tables["discrimination"].set_index("model")["auc"]
    assert of_tuned["value"].tolist() == [ranks[name] for name in names]
    refitted = find_refitted_models(contents.results.study)
    assert {*names} <= {*refitted}
    assert "KNN + 1 cohort" not in refitted
    predictions = contents.results.predictions
    fair = compute_comparison(predictions, names[2], [names[1]], refitted=refitted).iloc[0]
    row = of_tuned.loc["own, common genes"]
    expected = [fair["difference"], fair["ci_low"], fair["ci_high"]]
    assert [row[end] for end in ENDS] == expected
    assert np.isnan(of_tuned.loc["own and others'", "difference"])
    assert table[table["model"] == "KNN"]["own_patients"].tolist() == [30, 30, 30]
    assert "With the event are 40% in own, 20% in other." in text_of(contents)
    method = contents.notes["with_others_method"]
    assert method.startswith("LR-tuned, KNN: also fitted with all patients of other (50")
    assert "at the 64 of the 70 genes that all cohorts have" in method
    assert "with_others" in contents.charts


def test_times_have_unos_c_and_paired_differences(tmp_path):
    own, other = timed("own"), timed("other", seed=2, unit="days")
    contents = contents_of(tmp_path, own, other, models=[COX])
    table = contents.tables["with_others"].set_index("arm")
    # No gene is lost, so that the study's own fit is the one at the common genes.
    assert table.index.tolist() == ["own", "own and others'"]
    assert np.isfinite(table.loc["own", list(ENDS)].astype(float)).all()
    difference = table.loc["own and others'", "value"] - table.loc["own", "value"]
    assert table.loc["own", "difference"] == pytest.approx(difference)
    assert "learns a baseline hazard between these" in text_of(contents)
    assert "weighed within each cohort" in contents.notes["with_others_method"]


def test_cohorts_left_out_have_each_its_own_row_and_no_test(tmp_path):
    own = labelled("own", n=60)
    own.obs["place"] = np.resize(["east", "east", "west"], 60)
    split = {"design": "leave-one-cohort-out", "cohort_column": "place"}
    contents = contents_of(tmp_path, own, labelled("other", seed=2), split=split)
    table = contents.tables["with_others"]
    assert table["left_out"].tolist() == ["east", "west"] * 2
    # Each is fitted on the patients of the other.
    assert table["own_patients"].tolist() == [20, 40] * 2
    assert table["difference"].isna().all()
    assert "add to LR-tuned in west cannot be tested here" in text_of(contents)


def test_a_study_without_other_cohorts_has_no_such_section(tmp_path):
    contents = contents_of(tmp_path, labelled("own"))
    assert not [*also.SECTION.write(contents)]
    assert "with_others" not in contents.tables


def test_the_section_stands_in_reports_of_labels_and_of_times():
    assert also.SECTION in SECTIONS
    assert also.SECTION in SURVIVAL_SECTIONS


def gain(difference=0.05, low=-0.01, high=0.11, *, may_claim=True, arm="own, common genes"):
    rows = pd.DataFrame(
        {
            "model": "LR-tuned",
            "arm": ["own", arm],
            "difference": [9.0, difference],
            "difference_low": [9.0, low],
            "difference_high": [9.0, high],
        }
    )
    return describe_gain(rows, may_claim=may_claim)


def test_a_gain_is_claimed_of_the_pair_at_the_same_genes_alone():
    assert gain() == (
        "At the same genes LR-tuned is not shown to gain or lose by other cohorts' patients "
        "(+0.050, 95% -0.010 to +0.110)."
    )
    assert "ranks patients better with other cohorts' patients" in gain(low=0.01)
    assert "ranks patients worse with" in gain(-0.05, -0.09, -0.01)
    assert "cannot be tested here" in gain(np.nan)


def test_no_gain_is_claimed_of_a_model_not_shown_to_exceed_chance():
    assert "not shown to exceed chance, so that no gain" in gain(low=0.01, may_claim=False)


def test_risks_of_a_mixture_are_said_to_need_recalibration():
    cohorts = pd.DataFrame({"cohort": ["a", "b"], "events": [10, 40], "samples": [50, 50]})
    said = describe_prevalences(cohorts, is_survival=False)
    assert said.startswith(
        "With the event are 20% in a, 80% in b. A model of all of them learns"
    )
