"""`prepare` makes a cohort of times, says what is in it, and refuses a horizon too far."""

import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from tests.cli.command import deepcme

N = 40


@pytest.fixture
def tables(tmp_path):
    """40 patients in months: 10 with a relapse, 5 who died without, 2 censored at once."""
    samples = [f"S{i:02d}" for i in range(N)]
    expression = pd.DataFrame({f"G{i}": range(i, N + i) for i in range(3)}, index=samples) / 7
    expression.to_csv(tmp_path / "expression.csv", index_label="sample")
    times = [float(i) for i in range(N)]
    table = pd.DataFrame(
        {
            "sample": samples,
            "months": [0, 0, *times[2:]],
            "event": ["1:Recurred" if i % 4 == 3 else "0:DiseaseFree" for i in range(N)],
            "vital": ["Dead" if i % 8 == 6 else "Alive" for i in range(N)],
            "age": range(N),
        }
    )
    table.to_csv(tmp_path / "samples.csv", index=False)
    return tmp_path


def prepared(folder, *options):
    done = deepcme(
        *("prepare", "table", "--expression", folder / "expression.csv"),
        *("--samples", folder / "samples.csv", *options, "-o", folder / "cohort.h5ad"),
    )
    if done.returncode:
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert not (folder / "cohort.h5ad").exists()
        return done.stderr, None
    return done.stdout, Cohort.load(folder / "cohort.h5ad")


TIMES = ("--time", "months", "--event", "event")


def test_times_without_an_event_are_refused_in_words_of_times(tables):
    table = pd.read_csv(tables / "samples.csv").assign(event=0)
    table.to_csv(tables / "samples.csv", index=False)
    said, _ = prepared(tables, *TIMES)
    assert "38 samples time and event are known: there is no sample with the event" in said


def test_a_cohort_of_times_with_a_competing_event_and_a_horizon(tables):
    said, cohort = prepared(tables, *TIMES, "--competing", "vital=Dead", "--horizon", "24")
    assert cohort.outcome.endpoint == Endpoint(
        "Time to event by months, in months; followed without it = censored; vital = Dead "
        "without it = the competing event. The horizon is 24 months.",
        "time-to-event",
        {
            "without a known months": 0,
            "without a known event": 0,
            "without a known months and event": 0,
            "censored before any follow-up": 2,
        },
        ("months", "event_in_file", "vital"),
        unit="months",
        horizon=24.0,
        competing="vital = Dead",
    )
    assert "left out: 2 censored before any follow-up" in said
    assert (
        "- Of 38 samples 10 with the event, 5 with the competing event (vital = Dead), 23 "
        "censored; median follow-up 26 months (reverse Kaplan-Meier)." in said
    )
    assert "- By the horizon of 24 months: 6 with the event, 14 censored, who are kept" in said
    assert "38 patients, 3 genes, 10 " in said
    assert "patients     event" in said


def test_without_the_censored_it_is_a_binary_cohort(tables):
    _, cohort = prepared(tables, *TIMES, "--horizon", "24", "--drop-censored")
    assert cohort.outcome.kind == "binary"
    assert cohort.endpoint == (
        "event within 24 (the unit of months) = 1; followed for 24 without = 0; followed for "
        "less without = left out."
    )
    assert cohort.outcome.endpoint.columns == ("months", "event")
    assert (cohort.n_samples, cohort.n_positives) == (22, 6)
    assert cohort.flow[-1].left_out == {"censored before 24": 18}
    assert "event" in cohort.obs


def test_a_horizon_that_too_few_are_followed_beyond_is_refused(tables):
    said, _ = prepared(tables, *TIMES, "--horizon", "35")
    assert "Only 4 of 38 patients are followed beyond the horizon, fewer than 10" in said
    assert "; it is in months, as they are, and the longest time is 39." in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "either --label COLUMN or --time COLUMN and --event COLUMN"),
        ((*TIMES, "--label", "event"), "either --label COLUMN or --time COLUMN and"),
        (("--time", "months"), "takes both --time COLUMN and --event COLUMN"),
        ((*TIMES, "--drop-censored"), "before --horizon: give it too"),
        ((*TIMES, "--competing", "vital"), "--competing takes COLUMN=VALUE, not 'vital'"),
        ((*TIMES, "--competing", "vital=Gone"), "competing event vital = Gone; the column hol"),
        (("--time", "age", "--event", "event"), "tell it with --time-unit"),
        (("--time", "weeks", "--event", "event"), "weeks"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tables, options, said):
    assert said in prepared(tables, *options)[0]
