"""What is proposed as a label works, and what does not work is not proposed."""

import pandas as pd

from deepcme.sources.fetching.proposals import proposed_outcomes


def proposed(**columns):
    return proposed_outcomes(pd.DataFrame(columns, dtype=object))


def test_a_time_and_its_event_by_their_names():
    follow_up = {"t.tdm": ["10", "20", "30"], "e.tdm": ["1", "0", "0"], "t.os": ["9", "9", "9"]}
    assert proposed(**follow_up) == [
        "--time t.tdm --event e.tdm --time-unit ...",
        "--label e.tdm",
    ]
    for time, event in [
        ("OS_MONTHS", "OS_STATUS"),
        ("OS.time", "OS"),
        ("dmfs_time", "dmfs_event"),
        ("Overall Survival (Months)", "Overall Survival Status"),
    ]:
        (first, *_) = proposed(**{event: ["1:DECEASED", "0:LIVING"], time: ["1.5", "2"]})
        assert first.startswith("--time ")
        assert time in first
        assert event in first
        assert ("--time-unit" in first) == (time == "dmfs_time")


def test_names_are_safe_to_paste_into_a_shell():
    assert proposed(**{"distant relapse": ["yes", "no"]}) == ["--label 'distant relapse'"]
    assert proposed(**{"$(reboot)": ["yes", "no"]}) == ["--label '$(reboot)'"]
    assert proposed(**{"\x1b[2Jrelapse": ["yes", "no"]}) == []


def test_an_endpoint_that_gives_both_outcomes():
    assert proposed(ajcc_pathologic_m=["M0", "M1"]) == [
        "--label pathologic-m1",
        "--label any-distant-metastasis",
    ]
    assert proposed(ajcc_pathologic_m=["M0", "MX"]) == []


def test_nothing_else():
    assert (
        proposed(
            age=["40", "50", "60"],
            sex=["female", "female", None],
            t_os=["1", "2", "long"],
            e_os=["1", "0", "perhaps"],
            always=["1", "1", "1"],
        )
        == []
    )
    assert proposed_outcomes(pd.DataFrame()) == []
