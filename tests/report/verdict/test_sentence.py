"""The first sentence of a report: of numbers that are known, word by word, and within its rules."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.report.added_value_verdict import Effect
from deepcme.report.chance import is_above_chance
from deepcme.report.opening.opening import Opening, Tile
from deepcme.report.render import render_markdown, render_page
from deepcme.report.verdict.answers import ANSWERS, choose_answer
from deepcme.report.verdict.asked import Asked, name_endpoint
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.gain import Gain
from deepcme.report.verdict.phrases import choose_phrases
from deepcme.report.verdict.sentence import make_sentence, name_columns
from deepcme.report.verdict.tiles import make_tiles
from deepcme.report.verdict.verdict import describe_patients, make_verdict
from tests.report.verdict.test_phrases import (
    LEFT_OUT,
    LOSS,
    NAN,
    TIE,
    WIN,
    cohorts,
    discrimination,
    facts,
    permuted,
)

MOST_WORDS = 35
GAIN = Gain(
    ("age", "grade", "er_status"),
    "DeepCME",
    0.71,
    0.74,
    Estimate(0.03, -0.03, 0.09),
    loss=Estimate(0.01, -0.02, 0.04),
)
ADDS = replace(GAIN, effect=Effect.ADDS, difference=Estimate(0.03, 0.01, 0.05))
HARMS = replace(
    GAIN,
    effect=Effect.HARMS,
    difference=Estimate(-0.03, -0.05, -0.01),
    loss=Estimate(-0.01, -0.016, -0.004),
)


def asked(values=None, **others):
    values = {"DeepCME": 0.7, "LR": 0.68} if values is None else values
    return Asked("metastasis", "LR", values, **others)


def study(rows=None, **others):
    """A study of labels that asks for metastasis, beside LR."""
    return facts(rows, **{"comparison": TIE, "asked": asked(), **others})


def beside(low, high, named=True, model="index", p_holm=1.0, **columns):
    """A signature or an index with the difference to it."""
    row = {
        "model": model, "title": "grade index (of 97 genes)", "standing": "full",
        "value": 0.66, "difference": (low + high) / 2, "difference_low": low,
        "difference_high": high, "p_holm": p_holm, "trained_here": not named,
        "kind": "published", "n_found": 97, "n_listed": 97, "ci_low": 0.56, "ci_high": 0.76,
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def pooled(value, low, high, k=2, q=0.4):
    row = {"value": value, "ci_low": low, "ci_high": high, "k": k, "q": q}
    return pd.Series(row | {"prediction_low": low - 0.1, "prediction_high": high + 0.1})


def left_out(*intervals, above=("DeepCME",), **of_pooled):
    """Cohorts left out, pooled where it is said how."""
    row = pooled(**of_pooled) if of_pooled else None
    return facts(
        cohorts(*intervals),
        LEFT_OUT,
        above,
        asked=asked(pooled=row),
    )


WIDE = discrimination(0.6, 0.44, 0.76, n=60, events=15)
AT_CHANCE = {"above": (), "rows": discrimination(0.55, 0.45, 0.65)}
TWO = ((0.6, 0.8), (0.55, 0.7))

# Each answer: the study that gets it, and the whole sentence.
CASES = {
    "better": (
        study(comparison=WIN),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes (DeepCME) and 0.68 by genes "
        "(LR): better than LR.",
    ),
    "no gain": (
        study(),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes (DeepCME) and 0.68 by genes "
        "(LR): no demonstrated gain over LR.",
    ),
    "less": (
        study(comparison=LOSS),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes (DeepCME) and 0.68 by genes "
        "(LR): less than LR.",
    ),
    "too few events": (
        study(WIDE, above=()),
        "For metastasis, the AUC is 0.60 (0.44 to 0.76) by genes (DeepCME) and 0.68 by genes "
        "(LR): too few events to tell.",
    ),
    "at chance": (
        study(**AT_CHANCE),
        "For metastasis, the AUC is 0.55 (0.45 to 0.65) by genes (DeepCME) and 0.68 by genes "
        "(LR): not shown to be above chance.",
    ),
    "adds": (
        study(asked=asked(gain=ADDS)),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes alone (DeepCME), 0.71 by "
        "age, grade and er status, and 0.74 by both: the genes add to these clinical columns.",
    ),
    "harms": (
        study(asked=asked(gain=HARMS)),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes alone (DeepCME), 0.71 by age, "
        "grade and er status, and 0.74 by both: these clinical columns predict worse with the "
        "genes.",
    ),
    "no gain over columns": (
        study(asked=asked(gain=replace(GAIN, genes="LR"))),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes alone (DeepCME), 0.71 by "
        "age, grade and er status, and 0.74 by both (LR): no demonstrated gain over these "
        "clinical columns.",
    ),
    "columns better": (
        study(asked=asked(gain=replace(GAIN, columns_beat_genes=True))),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes alone (DeepCME), 0.71 by "
        "age, grade and er status, and 0.74 by both: no demonstrated gain over these clinical"
        " columns, which beat the genes.",
    ),
    "not compared": (
        facts(asked=Asked("metastasis", values={"DeepCME": 0.7})),
        "For metastasis, the AUC is 0.70 (0.60 to 0.80) by genes (DeepCME): above chance, and"
        " compared with nothing.",
    ),
    "cohorts at chance": (
        left_out((0.6, 0.8), (0.4, 0.6), above=(), value=0.6, low=0.4, high=0.8),
        "For metastasis in 2 cohorts left out, the pooled AUC is 0.60 (0.40 to 0.80) by genes"
        " (DeepCME) and 0.68 by genes (LR): not shown to be above chance in south.",
    ),
    "differs": (
        left_out((0.8, 0.9), (0.4, 0.6), value=0.7, low=0.55, high=0.8, q=12),
        "For metastasis in 2 cohorts left out, the pooled AUC is 0.70 (0.55 to 0.80) by genes"
        " (DeepCME) and 0.68 by genes (LR): above chance on average, but it differs between "
        "cohorts.",
    ),
    "above chance on average": (
        left_out((0.6, 0.8), (0.45, 0.7), value=0.65, low=0.55, high=0.75),
        "For metastasis in 2 cohorts left out, the pooled AUC is 0.65 (0.55 to 0.75) by genes"
        " (DeepCME) and 0.68 by genes (LR): above chance on average, not shown in south.",
    ),
    "above chance everywhere": (
        left_out(*TWO),
        "For metastasis in 2 cohorts left out, the AUC is 0.62 to 0.70 by genes (DeepCME) and"
        " 0.68 by genes (LR): above chance in every cohort.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_answer_is_given_word_by_word(name):
    of, sentence = CASES[name]
    assert choose_answer(of).name == name
    assert make_sentence(of) == sentence
    assert len(sentence.split()) <= MOST_WORDS
    assert make_verdict(of).sentence == sentence


def test_no_answer_is_left_out_of_the_cases():
    assert {answer.name for answer in ANSWERS} == set(CASES)


def words_of(page):
    """What is read: the heading, and the page below it."""
    heading = re.search(r"(?s)<h1.*?</h1>", page)[0]
    main = re.search(r"(?s)<main.*?</main>", page)[0]
    return re.sub(r"<[^>]+>", " ", heading + main).split()


def opening(of):
    tiles = make_tiles(of, describe_patients(of), "1,000 samples, 300 events", "patients")
    verdict = make_verdict(of)
    return Opening(verdict.sentence, tiles, notes=verdict.points)


FIRST_WORDS = {
    "win": ("better", "0.70 (0.60 to 0.80)", "LR"),
    "tie": ("no gain", "0.70 (0.60 to 0.80)", "LR"),
    "loss": ("less", "0.70 (0.60 to 0.80)", "LR"),
    "few events": ("too few events", "0.60 (0.44 to 0.76)", "LR"),
    "several cohorts": ("differs", "0.70 (0.55 to 0.80)", "LR"),
    "columns": ("no gain over columns", "0.70 (0.60 to 0.80)", "age, grade and er status"),
}


@pytest.mark.parametrize("case", FIRST_WORDS)
def test_the_first_60_words_hold_endpoint_estimate_comparator_and_an_answer(case):
    name, estimate, comparator = FIRST_WORDS[case]
    of, _ = CASES[name]
    page = render_page("A study", "A study: what do genes tell?", [opening(of)])
    first = " ".join(words_of(page)[:60])
    assert "metastasis" in first
    assert estimate in first
    assert comparator in first
    assert choose_answer(of).words(of) in first


def test_the_signature_that_was_named_comes_before_the_trained_comparator():
    better = study(signature=beside(0.01, 0.09), comparison=LOSS)
    assert make_sentence(better).endswith(
        " and 0.66 by the grade index: better than the signature."
    )
    untold = study(signature=beside(-0.01, 0.09), comparison=WIN)
    assert choose_answer(untold).words(untold) == "no demonstrated gain over the signature"
    tile = make_tiles(untold, Tile("", ""), "", "")[2]
    assert (tile.label, tile.value) == ("Against the grade index", "+0.04")
    assert "against LR +0.08 (+0.03 to +0.13)" in tile.note


def test_a_signature_that_was_made_here_is_no_comparator():
    made_here = study(signature=beside(0.01, 0.09, named=False))
    assert "no demonstrated gain over LR" in make_sentence(made_here)


def test_a_clinical_index_is_compared_after_holm():
    def beside_index(**columns):
        return study(comparison=None, asked=asked(index=beside(0.01, 0.09, **columns)))

    assert choose_answer(beside_index(p_holm=0.2)).name == "no gain"
    assert make_sentence(beside_index(p_holm=0.01)).endswith(": better than the index.")
    partial = beside_index(standing="partial")
    assert "0.66 by the grade index (partial)" in make_sentence(partial)


def test_numbers_of_known_test_rows_are_not_promised_to_new_patients():
    leaking = study(leaks=["preprocessing was fitted on all rows, test rows included"])
    assert make_sentence(leaking).endswith(
        "no demonstrated gain over LR; not numbers to expect of new patients."
    )


def test_what_cannot_be_estimated_is_said():
    nothing = study(discrimination(NAN, NAN, NAN), above=())
    assert make_sentence(nothing) == (
        "For metastasis, the AUC by genes (DeepCME) cannot be estimated: too few events to tell."
    )
    assert opening(nothing).tiles[0].value == "none"
    alone = study(discrimination(0.7, NAN, NAN), above=())
    assert "is 0.700 by genes (DeepCME) and 0.68 by genes (LR): too few" in make_sentence(alone)


def test_gains_over_columns_are_not_told_of_a_model_at_chance():
    for effect in Effect:
        of = study(**AT_CHANCE, asked=asked(gain=replace(ADDS, effect=effect)))
        assert choose_answer(of).name == "at chance"


def test_a_gain_that_ranks_do_not_show_is_said_to_be_by_log_loss_alone():
    loss = Estimate(0.01, 0.004, 0.016)
    for effect, of_loss, ranks, is_alone in (
        (Effect.ADDS, loss, Estimate(-0.01, -0.03, 0.01), True),
        (Effect.ADDS, loss, Estimate(0.03, 0.01, 0.05), False),
        (Effect.HARMS, Estimate(-0.01, -0.016, -0.004), Estimate(0.01, -0.01, 0.03), True),
        (Effect.HARMS, Estimate(-0.01, -0.016, -0.004), Estimate(-0.03, -0.05, -0.01), False),
    ):
        gain = replace(GAIN, effect=effect, difference=ranks, loss=of_loss)
        sentence = make_sentence(study(asked=asked(gain=gain)))
        assert sentence.endswith("(by log loss alone).") == is_alone
        assert len(sentence.split()) <= MOST_WORDS + 4


def test_permuted_labels_speak_of_all_cohorts_together():
    at_chance = replace(left_out((0.55, 0.7), (0.52, 0.7), above=()), **permuted(200, 30))
    assert make_sentence(at_chance).endswith(": not shown to be above chance.")


def test_a_patient_of_several_samples_counts_once_among_patients():
    counts = {"patients": 90, "samples": 100, "positives": 30, "positive_patients": 21}
    tile = describe_patients(study(cohort=counts))
    assert (tile.value, tile.interval) == ("90", "21 with the event (23%)")
    assert tile.note.startswith("100 samples, 30 positive. Tested were ")


def test_models_that_know_test_rows_are_not_said_to_have_seen_none():
    assert "had not seen them" in describe_patients(study()).note
    leaking = study(leaks=["preprocessing was fitted on all rows, test rows included"])
    assert describe_patients(leaking).note == "All were tested."


def test_many_columns_are_counted_and_endpoints_named_by_their_rule():
    assert name_columns(["age"]) == "age"
    assert name_columns(["age", "er_status"]) == "age and er status"
    assert name_columns([*"abcdefg"]) == "a, b, c and 4 more columns"
    rule = "distant_metastasis within 5 years = 1; followed for 5 years without = 0"
    for name, said in (
        ("time-to-distant-metastasis", "distant metastasis"),
        ("metastasis", "metastasis"),
        ("time-to-event", "the event"),
        ("event-within-horizon", "distant metastasis within 5 years"),
        ("", "distant metastasis within 5 years"),
    ):
        assert name_endpoint({"endpoint_name": name, "endpoint": rule}) == said
    assert len(name_endpoint({"endpoint": "a very long rule " * 20})) <= 60


def test_three_numbers_and_no_fourth():
    tiles = opening(CASES["adds"][0]).tiles
    assert [tile.label for tile in tiles] == [
        "AUC of DeepCME", "Patients", "Added by genes to age, grade and er status",
    ]  # fmt: skip
    assert [tile.value for tile in tiles] == ["0.70", "1,000", "+0.030"]
    assert tiles[0].interval == "95% interval 0.60 to 0.80"
    assert tiles[0].note.startswith("70 of 100 pairs of patients are ranked rightly")
    assert "judged by the fall in log loss, +0.010 (-0.020 to +0.040)" in tiles[2].note
    with pytest.raises(ValueError, match="3 tiles"):
        Opening("A sentence.", [*tiles, tiles[0]])


def test_cohorts_left_out_are_told_by_their_range_and_what_is_new():
    tiles = opening(CASES["differs"][0]).tiles
    assert "by cohort 0.50 to 0.85, in a new one 0.45 to 0.90" in tiles[0].note
    assert (tiles[2].label, tiles[2].value) == ("AUC of LR, pooled", "0.68")
    assert "another population" in tiles[2].note


def test_what_comes_from_outside_is_text():
    attack = "<script>alert(1)</script>"
    of = study(asked=replace(asked(), endpoint=attack))
    page = render_page("A study", "A study", [opening(of)])
    assert attack not in page
    assert "&lt;script&gt;" in page
    assert attack not in render_markdown("A study", [opening(of)])


def test_few_events_are_told_once():
    few = study(discrimination(n=189, events=35))
    finding = {"code": "DCM005", "severity": "severe", "title": "Too few", "evidence": "35."}
    assert "With 35 events" in make_verdict(few).paragraph
    warned = make_verdict(few, [finding])
    assert "35 events these" not in warned.paragraph
    assert warned.warnings == ("Too few: 35.",)


# What a phrase of the verdict must say for the sentence to say the same.
LIKE = {
    "better": {"win", "signature win"},
    "less": {"loss", "signature loss"},
}


def draw_noise(random):
    """A study of genes without signal, as its intervals would be, and how chance judges it."""
    value, other = 0.5 + 0.06 * random.normal(size=2)
    difference = value - other + 0.02 * random.normal()

    def row(model, centre):
        table = discrimination(centre, centre - 0.12, centre + 0.12)
        return table.assign(model=model)

    rows = {"DeepCME": row("DeepCME", value), "LR": row("LR", other)}
    above = [model for model, of in rows.items() if is_above_chance(of, None)]
    table = TIE[:1].assign(
        difference=difference, ci_low=difference - 0.17, ci_high=difference + 0.17
    )
    return study(rows["DeepCME"], above=above, comparison=table)


def test_noise_is_claimed_to_be_anything_in_at_most_5_of_100_sentences():
    random = np.random.default_rng(1)
    claims = 0
    for _ in range(250):
        of = draw_noise(random)
        answer = choose_answer(of)
        claims += answer.claims
        if answer.name in LIKE:
            assert LIKE[answer.name] & {phrase.name for phrase in choose_phrases(of)}
    assert claims <= 0.05 * 250
