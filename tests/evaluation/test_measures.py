"""One row a measure: what it says of perfect and of knowing nothing, and where it shows up."""

from __future__ import annotations

import numpy as np
import pytest

from deepcme.evaluation import measures
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.measures import (
    MEASURES,
    LossMeasure,
    PatientMeasure,
    ProportionMeasure,
    RankMeasure,
    SplitMeasure,
    measures_of,
)
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.trained.binary.manifest import Performance
from deepcme.trained.training import TrainingSettings, train_model

LABELS = np.repeat([0, 1], [30, 10])


def test_names_and_headings_differ():
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    assert len({measure.heading for measure in MEASURES}) == len(MEASURES)


@pytest.mark.parametrize("measure", measures_of(RankMeasure), ids=lambda measure: measure.name)
def test_a_perfect_ranking_has_the_best_value_weighted_or_not(measure):
    assert measure.compute(LABELS, LABELS.astype(float)) == measure.best
    weights = np.vstack([np.ones(40), np.arange(1, 41)])
    drawn = measure.weighted(LABELS, LABELS.astype(float), weights)
    assert drawn == pytest.approx([measure.best] * 2)


@pytest.mark.parametrize("measure", measures_of(RankMeasure), ids=lambda measure: measure.name)
def test_weights_of_one_give_the_value(measure, random):
    score = random.normal(size=40)
    drawn = measure.weighted(LABELS, score, np.ones((1, 40)))
    assert drawn == pytest.approx(measure.compute(LABELS, score))


@pytest.mark.parametrize("measure", measures_of(RankMeasure), ids=lambda measure: measure.name)
def test_chance_is_the_mean_over_scores_that_know_nothing(measure, random):
    found = [measure.compute(LABELS, random.normal(size=40)) for _ in range(200)]
    chance = measure.chance
    if callable(chance):
        chance = chance(LABELS, np.arange(40.0))
    assert np.mean(found) == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize("measure", measures_of(LossMeasure), ids=lambda measure: measure.name)
def test_perfect_probabilities_have_the_best_value(measure):
    assert measure.compute(LABELS, LABELS.astype(float)) == pytest.approx(measure.best)


def positives_above_the_median(labels, scores):
    """Share of the positives that score above the median of the negatives."""
    label, score = np.asarray(labels), np.asarray(scores)
    return float((score[label == 1] > np.median(score[label == 0])).mean())


def positives_above_the_median_in_draws(labels, scores, weights):
    middle = np.median(scores[labels == 0])
    positives = weights[:, labels == 1]
    above = (positives * (scores[labels == 1] > middle)).sum(axis=1)
    return divide(above, positives.sum(axis=1))


RANKS = (positives_above_the_median, positives_above_the_median_in_draws)
MADE_UP = (
    SplitMeasure("made_up", "Made up", ".4f", 1, *RANKS, 0.5),
    PatientMeasure("of_all", "Of all", ".4f", 1, *RANKS, lambda labels, scores: 0.5),
    ProportionMeasure("accuracy", "Accuracy", ".4f", 1, lambda event, called: event | ~event),
    LossMeasure(
        "absolute",
        "Absolute error",
        ".4f",
        0,
        lambda labels, probabilities: abs(labels - probabilities),
        lambda loss, events, rows: loss / rows,
    ),
    SplitMeasure(
        "of_times", "Made up of times", ".4f", 1, *RANKS, 0.5, outcomes=("time to event",)
    ),
)
"""One of each kind, and one that is for another outcome."""


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(measures, "MEASURES", (*MEASURES, *MADE_UP))


def test_a_made_up_measure_is_in_the_tables_and_the_report(registered, cohort, tmp_path):
    cohort.save(tmp_path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": tmp_path / "cohort.h5ad"},
            "split": {"repeats": 1, "folds": 3},
            "models": ["LR"],
        }
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    write_report(folder)

    metrics = folder.read_table("metrics.csv")
    assert metrics["metric"].drop_duplicates().tolist() == [
        "auc",
        "made_up",
        "pr_auc",
        "of_all",
    ]
    made_up = metrics[metrics["metric"] == "made_up"]
    assert sorted(made_up["part"].unique()) == ["test", "train", "validation"]
    assert made_up["split"].nunique() == 3
    assert (metrics["metric"] == "of_all").sum() == 1

    discrimination = folder.read_table("tables/discrimination.csv").iloc[0]
    test = made_up[made_up["part"] == "test"]
    assert discrimination["made_up"] == pytest.approx(test["value"].mean())
    assert discrimination["made_up_ci_low"] < discrimination["made_up"]
    assert discrimination["made_up_chance"] == 0.5
    for table, name in (("classification", "accuracy"), ("calibration", "absolute")):
        written = folder.read_table(f"tables/{table}.csv")
        rows = written[written["metric"] == name].dropna()
        assert len(rows)
        assert (rows["ci_low"] <= rows["value"]).all()
        assert (rows["value"] <= rows["ci_high"]).all()

    page = (folder.path / "report.html").read_text(encoding="utf-8")
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    for heading in ("Made up", "Of all", "Accuracy", "Absolute error"):
        assert heading in page
        assert heading in text
    assert f"{discrimination['made_up']:.2f} (" in page
    assert "Made up of times" not in page


def test_a_model_says_what_to_expect_of_a_made_up_measure(registered, cohort):
    ensemble = {"hidden_layers": (4,), "max_epochs": 2}
    settings = TrainingSettings(repeats=1, ensemble=ensemble)
    performance = train_model(cohort, settings).manifest.performance
    written = performance.model_dump(mode="json")
    assert written["made_up"].keys() == {"value", "ci_low", "ci_high"}
    assert written["made_up_chance"] == 0.5
    assert Performance.model_validate(written) == performance
