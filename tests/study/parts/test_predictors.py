"""What a clinical column says: numbers, words, or one sentence that refuses it."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.study.parts.added_value import take_clinical
from deepcme.study.parts.predictors import as_predictor
from tests.conftest import invented_cohort

N = 60
LABELS = np.tile([0, 1, 0], N // 3).astype(np.int8)
SAMPLES = [f"S{row}" for row in range(N)]
AGES = [str(30 + row % 41) for row in range(N)]


def column(values):
    return pd.Series(list(values), index=SAMPLES, name="it", dtype=object)


def with_some(words, at=(7, 20)):
    """Ages as text, some of them replaced."""
    values = list(AGES)
    for place, word in zip(at, words, strict=False):
        values[place] = word
    return values


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            with_some(["45 years"]),
            "sample S7: the clinical column 'it' holds '45 years', a num",
        ),
        (
            [f"{age} yrs" for age in AGES],
            "sample S0: .* holds '30 yrs', a number with its unit",
        ),
        (["12mm", "3.5 cm"] * 30, "holds '12mm', a number with its unit: write the number al"),
        (["5 ng/mL", "7 ng/mL"] * 30, "holds '5 ng/mL', a number with its unit"),
        (["10%", "20 %"] * 30, "holds '10%', a number with its unit"),
        (
            ["1,5", "2,5", "3"] * 20,
            "holds '1,5', a number with a comma: write it with a decimal",
        ),
        (with_some(["<10"]), "sample S7: .* holds '<10', a word among numbers: write a number"),
        (["<1", "2", "3"] * 20, "holds '<1', a word among numbers"),
        (with_some([">= 90"]), "holds '>= 90', a word among numbers"),
        (with_some(["old"]), "sample S7: .* holds 'old', a word among numbers"),
        (["1.5", "2.5", "low"] * 20, "sample S2: .* holds 'low', a word among numbers"),
    ],
)
def test_numbers_written_as_words_are_refused_by_value(values, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        as_predictor(column(values), LABELS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "values", [AGES, [f" {age}" for age in AGES], [f"{age}.0\u00a0" for age in AGES]]
)
def test_numbers_written_as_text_are_numbers(values):
    read = as_predictor(column(values), LABELS)
    np.testing.assert_array_equal(read, [float(age) for age in AGES])


@pytest.mark.parametrize(
    "levels",
    [
        ["T1", "T2", "T3"],
        ["grade 1", "grade 2", "grade 3"],
        ["1", "2", "X"],
        ["1a", "1b", "2"],
        ["0", "1", "2+"],
        ["<50", "50-70", ">70"],
        ["none", "1 to 3", "4 or more"],
    ],
)
def test_categories_with_numbers_in_them_are_words(levels):
    read = as_predictor(column(levels * (N // 3)), LABELS)
    assert read.tolist() == levels * (N // 3)


def known_for(rows):
    """Ages of some samples."""
    return np.where(np.isin(np.arange(N), rows), [float(age) for age in AGES], np.nan)


EVENTS, OTHERS = np.flatnonzero(LABELS), np.flatnonzero(LABELS == 0)


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        (EVENTS, "20 of 20 samples with the event and 0 of 40 samples without the event"),
        (EVENTS[:5], "5 of 20 samples with the event and 0 of 40"),
        (OTHERS, "0 of 20 samples with the event and 40 of 40"),
        ([*EVENTS, *OTHERS[:2]], "20 of 20 samples with the event and 2 of 40"),
        ([*EVENTS[:1], *OTHERS[:38]], "1 of 20 samples with the event and 38 of 40"),
    ],
)
@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_a_column_whose_gaps_tell_the_label_is_refused(rows, counts, kind):
    values = pd.Series(known_for(rows))
    written = values if kind == "numbers" else values.map("age {}".format).where(values.notna())
    coarse = written if kind == "numbers" else written.str[:5]
    with pytest.raises(DeepCMEError, match=f"'it' is known for {counts}.* such as ") as caught:
        as_predictor(column(coarse), LABELS)
    assert "\n" not in str(caught.value)


def test_gaps_that_tell_a_little_are_filled(random):
    some = [*EVENTS[:10], *OTHERS[:32]]
    np.testing.assert_array_equal(
        as_predictor(column(known_for(some)), LABELS), known_for(some)
    )


def test_without_signal_no_column_with_gaps_is_refused(random):
    """200 columns whose gaps have nothing to do with the label."""
    for _ in range(200):
        known = random.permutation(N)[: random.integers(20, N)]
        as_predictor(column(known_for(known)), LABELS)


def cohort_with(**clinical):
    base = invented_cohort()
    return Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        patients=base.patients.tolist(),
        genes=base.gene_ids.tolist(),
        clinical=pd.DataFrame(clinical),
        endpoint=base.endpoint,
        scale="fpkm",
    )


def test_a_column_called_as_the_genes_score_is_named_and_not_offered():
    cohort = cohort_with(**{"gene score": np.arange(60.0), "grade, hist": ["a", "b"] * 30})
    with pytest.raises(DeepCMEError, match=r"must not be called 'gene score'.* another name"):
        take_clinical(cohort, ["gene score"])
    with pytest.raises(DeepCMEError, match='choose from "grade, hist"\\.'):
        take_clinical(cohort, ["weight"])


def test_a_column_whose_name_a_cohort_cannot_keep_is_told_under_the_other():
    with pytest.raises(DeepCMEError, match=r"keeps the column 'ER/PR' as 'ER\|PR': call it so"):
        take_clinical(cohort_with(**{"ER|PR": ["+", "-"] * 30}), ["ER/PR"])


def test_a_column_of_nullable_numbers_keeps_its_gaps():
    values = pd.array([1, 2, None] * 20, dtype="Int64")
    taken = take_clinical(cohort_with(nodes=values), ["nodes"])
    np.testing.assert_array_equal(taken["nodes"][:3], [1.0, 2.0, np.nan])
