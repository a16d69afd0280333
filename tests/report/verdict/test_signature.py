"""What a verdict says of the signature that was named beforehand, and when it claims anything."""

import pandas as pd
import pytest

from deepcme.report.survival.verdict.phrases import PHRASES as OF_TIMES
from deepcme.report.verdict.phrase import choose
from deepcme.report.verdict.phrases import PHRASES as OF_LABELS
from deepcme.report.verdict.signature import phrases_of_signature
from tests.report.verdict.test_phrases import LEFT_OUT, NOISE, cohorts, facts, paragraph

NAME = "genomic-grade-index"
GRADE = "Genomic grade index, research version as published, untrained: AUC 0.710"
ABOVE = ("DeepCME", "LR", NAME)


def signature(difference=0.02, half=0.05, **changes):
    row = {
        "model": NAME,
        "title": "genomic grade index",
        "kind": "published",
        "standing": "full",
        "n_found": 117.0,
        "n_listed": 128.0,
        "value": 0.71,
        "ci_low": 0.64,
        "ci_high": 0.77,
        "difference": difference,
        "difference_low": difference - half,
        "difference_high": difference + half,
        "trained_here": False,
    }
    return pd.DataFrame([row | changes])


def said(of, measure="AUC"):
    phrases = choose(phrases_of_signature(measure), of)
    return [phrase.name for phrase in phrases], " ".join(p.words(of) for p in phrases)


TIE, WIN, LOSS = (signature(difference) for difference in (0.02, 0.08, -0.08))


@pytest.mark.parametrize(
    ("named", "above", "phrase", "words"),
    [
        (
            TIE,
            ABOVE,
            "signature tie",
            f"{GRADE} (0.640 to 0.770); no demonstrated advantage of DeepCME (difference "
            "+0.020, -0.030 to +0.070).",
        ),
        (
            WIN,
            ABOVE,
            "signature win",
            f"{GRADE} (0.640 to 0.770); DeepCME did better (difference +0.080, +0.030 to "
            "+0.130).",
        ),
        (
            LOSS,
            ABOVE,
            "signature loss",
            f"{GRADE} (0.640 to 0.770); DeepCME did worse (difference -0.080, -0.130 to "
            "-0.030).",
        ),
        (
            WIN,
            (NAME,),
            "signature difference without signal",
            f"{GRADE} (0.640 to 0.770); no difference is claimed, as DeepCME is not shown to "
            "be above chance (difference +0.080, +0.030 to +0.130).",
        ),
        (
            LOSS,
            ("DeepCME",),
            "signature difference without signal",
            f"{GRADE} (0.640 to 0.770); no difference is claimed, as {NAME} is not shown to "
            "be above chance (difference -0.080, -0.130 to -0.030).",
        ),
        (
            signature(float("nan")),
            ABOVE,
            "signature",
            f"{GRADE} (0.640 to 0.770).",
        ),
    ],
)
def test_the_model_is_set_beside_it_and_claims_only_above_chance(named, above, phrase, words):
    assert said(facts(signature=named, above=above)) == ([phrase], words)


def test_nothing_is_said_where_none_was_named():
    assert said(facts()) == ([], "")


def test_what_was_found_of_it_and_who_made_it_are_told():
    _, partial = said(facts(signature=signature(standing="partial", n_found=99.0)))
    assert "index, research version with 99 of 128 genes as published, untrained" in partial
    _, own = said(facts(signature=signature(kind="own file", title="ours")))
    assert own.startswith("ours, of one's own file, untrained: AUC 0.710")
    names, here = said(facts(signature=signature(trained_here=True)))
    assert names == ["signature tie", "signature made here"]
    assert here.endswith("It was made on patients of this cohort: that number is too good.")


def test_each_cohort_left_out_has_its_value_and_no_difference():
    names = ("north", "south", "east", "west")
    rows = [signature(value=value) for value in (0.6, 0.7, 0.5, 0.8)]
    tables = [row.assign(left_out=name) for row, name in zip(rows, names, strict=True)]
    intervals = cohorts(*[(0.6, 0.8)] * 4)
    two = facts(intervals[:2], LEFT_OUT, signature=pd.concat(tables[:2]))
    assert said(two)[0] == ["signature"]
    assert "AUC 0.600 in north (0.640 to 0.770); 0.700 in south (0.640" in said(two)[1]
    four = facts(intervals, LEFT_OUT, signature=pd.concat(tables))
    assert (
        "AUC 0.500 in east (0.640 to 0.770) to 0.800 in west (0.640 to 0.770), the ends of 4 "
        "cohorts." in said(four)[1]
    )


def test_without_signal_nothing_is_claimed_of_it():
    for named in (TIE, WIN, LOSS):
        of = facts(**NOISE, signature=named)
        assert not [
            phrase for phrase in choose(phrases_of_signature("AUC"), of) if phrase.claims
        ]


def test_it_stands_behind_all_that_is_said_of_the_model_alone_in_both_verdicts():
    assert GRADE in paragraph(facts(signature=TIE))
    for phrases, before in ((OF_LABELS, "cohorts are not compared"), (OF_TIMES, "added value")):
        names = [phrase.name for phrase in phrases]
        assert names[names.index(before) + 1] == "signature"


def test_a_verdict_with_it_stays_short():
    notes = {"calibration_verdict": "Risks are about twice too high.", "usefulness_verdict": ""}
    long = signature(standing="partial", trained_here=True)
    assert len(paragraph(facts(signature=long, notes=notes)).split()) < 150
