"""Files to a cohort from Python, as `deepcme prepare` makes it."""

import pandas as pd
import pytest

import deepcme
from deepcme import DeepCMEError
from deepcme.cli.main import main

COLUMNS = {"label": "relapse", "patient": "patient_id"}


def test_it_is_the_cohort_of_the_command(tables, tmp_path, monkeypatch):
    expression, samples = tables
    made = deepcme.read_table(expression, samples, where={"site": "north"}, **COLUMNS)
    words = ["table", "--expression", expression, "--samples", samples, "--label", "relapse"]
    options = ["--patient", "patient_id", "--where", "site=north", "-o", tmp_path / "c.h5ad"]
    monkeypatch.setattr("sys.argv", [*map(str, ["deepcme", "prepare", *words, *options])])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    written = deepcme.Cohort.load(tmp_path / "c.h5ad")
    assert written.fingerprint == made.fingerprint
    assert written.notes == made.notes


def test_samples_are_chosen(tables):
    kept = deepcme.read_table(*tables, one_per_patient=True, **COLUMNS)
    assert kept.n_samples == kept.n_patients == 15


def test_a_horizon_in_another_unit_is_refused(tables):
    expression, samples = tables
    table = pd.read_csv(samples)
    table["days"] = range(10, 40)
    table.to_csv(samples, index=False)
    timed = {"time": "days", "event": "relapse", "time_unit": "days"}
    with pytest.raises(DeepCMEError, match="the longest time is 39"):
        deepcme.read_table(expression, samples, horizon=5000, **timed)
    known = deepcme.read_table(expression, samples, horizon=20, drop_censored=True, **timed)
    assert set(known.labels) == {0, 1}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "relapse", "drop_censored": True}, "give it too"),
        ({"time": "days"}, "both time= and event="),
        ({"time": "days", "event": "relapse", "competing": {"a": 1, "b": 2}}, "one column"),
    ],
)
def test_what_lacks_its_other_half_is_refused(tables, asked, message):
    with pytest.raises(DeepCMEError, match=message):
        deepcme.read_table(*tables, **asked)


def test_data_frames_are_told_where_to_go(tables):
    expression, samples = tables
    with pytest.raises(DeepCMEError, match=r"Cohort\.from_frame"):
        deepcme.read_table(pd.read_csv(expression), samples, label="relapse")


def test_a_series_takes_a_label_or_times():
    with pytest.raises(DeepCMEError, match="Give either label="):
        deepcme.read_geo("GSE1_series_matrix.txt.gz")


@pytest.mark.parametrize("verb", ["audit", "train", "power", "run"])
def test_a_data_frame_is_no_cohort_to_any_verb(verb):
    with pytest.raises(DeepCMEError, match=r"^A DataFrame is no cohort: .*Cohort\.from_frame"):
        getattr(deepcme, verb)(pd.DataFrame({"TP53": [1.0, 2.0]}))
