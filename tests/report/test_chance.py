"""The gate before every claim: above chance, by permutation where there are enough of them."""

from types import SimpleNamespace

import pandas as pd
import pytest

from deepcme.evaluation.measures import AUC
from deepcme.report.chance import exceeds_chance
from deepcme.report.section import Contents
from deepcme.study.parts.nulls import NULL_COLUMNS


def study(intervals, permuted=(), others=()):
    """Contents of a study with these intervals of its headline, and AUCs on permuted labels."""
    rows = [
        {"model": name, "auc": (low + high) / 2, "ci_low": low, "ci_high": high}
        for name, of_model in (("LR", intervals), ("tree", others))
        for low, high in of_model
    ]
    runs = pd.DataFrame([["permuted labels", 1, 9, auc, 3, 50, 20] for auc in permuted])
    runs = runs.reindex(columns=range(len(NULL_COLUMNS))).set_axis([*NULL_COLUMNS], axis=1)
    folder = SimpleNamespace(has_table=lambda _: bool(permuted), read_table=lambda _: runs)
    study = SimpleNamespace(
        headline=SimpleNamespace(name="LR"),
        nulls=SimpleNamespace(permutations=len(permuted)),
    )
    results = SimpleNamespace(folder=folder, study=study, is_survival=False, ranked_by=AUC)
    contents = Contents(results)
    contents.tables["discrimination"] = pd.DataFrame(rows)
    return contents


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.51, 0.8), True),
        ((0.49, 0.8), False),
        ((0.2, 0.4), False),
        ((float("nan"),) * 2, False),
    ],
)
def test_without_permutations_the_interval_of_the_auc_decides(interval, expected):
    assert exceeds_chance(study([interval])) is expected


def test_nineteen_permutations_decide_alone():
    above, below = (0.55, 0.85), (0.4, 0.7)
    assert exceeds_chance(study([above], [0.5] * 19))
    assert exceeds_chance(study([below], [0.5] * 19))
    assert not exceeds_chance(study([above], [0.5] * 18 + [0.8])), "no second chance"


def test_fewer_permutations_can_reject_nothing_and_leave_it_to_the_interval():
    assert exceeds_chance(study([(0.55, 0.85)], [0.5] * 17 + [0.8]))
    assert not exceeds_chance(study([(0.4, 0.7)], [0.5] * 18))


def test_every_cohort_left_out_must_exclude_chance():
    assert exceeds_chance(study([(0.55, 0.85), (0.6, 0.7)]))
    assert not exceeds_chance(study([(0.55, 0.85), (0.4, 0.9)]))


def test_or_the_interval_pooled_over_the_cohorts_does():
    contents = study([(0.55, 0.85), (0.4, 0.9)])
    for low, expected in ((0.51, True), (0.49, False)):
        pooled = [("LR", "auc", low), ("LR", "slope", 0.9), ("tree", "auc", 0.6)]
        contents.tables["meta_analysis"] = pd.DataFrame(
            pooled, columns=["model", "measure", "ci_low"]
        )
        assert exceeds_chance(contents) is expected


def test_another_model_is_asked_about_by_its_own_interval():
    contents = study([(0.4, 0.7)], [0.8] * 19, others=[(0.6, 0.9)])
    assert exceeds_chance(contents, "tree")
    assert not exceeds_chance(contents)
    assert not exceeds_chance(contents, "clinical"), "a model that was not run"
