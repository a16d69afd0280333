"""The section on calibration: words by rule first, and a curve only where events allow one."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from deepcme.report.blocks import Table, Text
from deepcme.report.figures.roles import Roles
from deepcme.report.section import Contents
from deepcme.report.sections.calibration import SECTION


def contents_of(events, others, shift=0.0):
    """What the section finds for two splits of a model whose log-odds are off by `shift`."""
    random = np.random.default_rng(4)
    label = np.repeat([1, 0], [events, others])
    # By hand: what differs by d between the classes has log-odds of d x - d^2 / 2 + prior.
    score = random.normal(size=label.size) + label - 0.5 + np.log(events / others)
    names = [f"P{i}" for i in range(label.size)]
    once = pd.DataFrame({"model": "net", "sample": names, "patient": names, "part": "test"})
    once = once.assign(label=label, score=score, probability=expit(score + shift))
    predictions = pd.concat([once.assign(split=split) for split in (1, 2)], ignore_index=True)
    study = SimpleNamespace(headline=SimpleNamespace(name="net"), seed=1)
    roles = Roles("net", models=["net"])
    results = SimpleNamespace(
        trained=predictions, models=["net"], study=study, roles=roles, is_survival=False
    )
    contents = Contents(results)
    SECTION.compute(contents)
    return contents


@pytest.fixture(scope="module")
def few():
    return contents_of(40, 120, shift=1.5)


@pytest.fixture(scope="module")
def enough():
    return contents_of(60, 140)


def test_few_events_do_not_hide_that_risks_are_too_high(few):
    verdict = few.notes["calibration_verdict"]
    assert verdict.startswith("The risks of net are about twice too high (O/E 0.")
    assert "too few" not in verdict
    shown = [block.text for block in SECTION.write(few) if isinstance(block, Text)]
    assert shown[0] == verdict


def test_few_events_and_no_fault_are_too_few_to_tell(enough):
    assert "60 events and 140 non-events are too few" in enough.notes["calibration_verdict"]


def test_a_curve_is_drawn_from_fifty_events_on(few, enough):
    assert "calibration" not in few.charts
    assert (
        "With 40 events and 120 non-events no calibration curve" in few.notes["missing_curves"]
    )
    assert "calibration" in enough.charts
    assert enough.notes["missing_curves"] == ""


def test_ratio_and_slope_come_first_and_the_intercept_is_in_the_table_file_alone(enough):
    assert "intercept" in enough.tables["calibration"]["metric"].tolist()
    tables = {block.name: block for block in SECTION.write(enough) if isinstance(block, Table)}
    headings = tables["calibration"].shown.headings
    assert headings[:3] == ["Model", "O/E (95%)", "Slope (95%)"]
    assert "Intercept (95%)" not in headings
