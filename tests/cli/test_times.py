"""Every command on a cohort of times: it works, or says in one sentence what to do."""

import json

import pytest

from deepcme import Cohort
from tests.audit.times import drawn_follow_up, timed_cohort
from tests.cli.command import deepcme


@pytest.fixture
def folder(tmp_path):
    for name, seed in (("north", 1), ("south", 2)):
        samples = [f"{name}{i}" for i in range(60)]
        timed_cohort(*drawn_follow_up(60, seed), samples=samples, patients=samples).save(
            tmp_path / f"{name}.h5ad"
        )
    return tmp_path


def test_an_audit_says_who_is_censored(folder):
    result = deepcme("audit", "north.h5ad", "--json", cwd=folder)
    assert result.returncode == 0
    assert "DCM012" in [finding["code"] for finding in json.loads(result.stdout)]
    said = deepcme("audit", "north.h5ad", cwd=folder).stdout
    assert "Follow-up, which no model may learn from: t.dmfs, e.dmfs." in said


def test_cohorts_of_times_are_merged(folder):
    result = deepcme(
        "prepare", "merge", "north.h5ad", "south.h5ad", "-o", "both.h5ad", cwd=folder
    )
    assert result.returncode == 0, result.stderr
    merged = Cohort.load(folder / "both.h5ad")
    assert (merged.outcome.endpoint.unit, merged.outcome.endpoint.horizon) == ("years", 5.0)
    events = merged.n_positives
    assert f"120 patients, 5 genes, {events} samples with the event, scale" in result.stdout
