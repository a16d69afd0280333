"""Which column states the tissue of samples, and what only the whole column tells."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.tissues.tissues import canonical_tissue
from deepcme.sources.assembly.tissue_columns import (
    columns_by_content,
    propose_tissue_column,
    spelled_out,
    tissue_column,
)


def read(*cells):
    return spelled_out(pd.Series(list(cells), name="tissue")).map(canonical_tissue).tolist()


@pytest.mark.parametrize(
    ("cells", "tissues"),
    [
        (("T", "N", "t"), ["primary", "normal", "primary"]),
        (("T", "N", None), ["primary", "normal", "unknown"]),
        (("T", "N", "M"), ["unknown"] * 3),
        (("N", "N"), ["unknown"] * 2),
        (("1", "11", "6"), ["primary", "normal", "metastatic"]),
        ((1.0, 11.0, np.nan), ["primary", "normal", "unknown"]),
        (("01A", "11A"), ["primary", "normal"]),
        (("1", "2"), ["unknown"] * 2),
        (("1", "11", "T"), ["unknown", "normal", "unknown"]),
        (("not available", "Tumor"), ["unknown", "primary"]),
    ],
)
def test_letters_and_codes_are_read_where_the_column_holds_nothing_else(cells, tissues):
    assert read(*cells) == tissues


@pytest.mark.parametrize(
    "name", ["tissue", "Tissue Type", "sample.type", "SPECIMEN_TYPE", "sample_type.samples"]
)
def test_the_column_of_tissue_in_any_spelling(name):
    assert tissue_column(pd.DataFrame({"age": [50], name: ["Tumor"]})) == name
    assert tissue_column(pd.DataFrame({"age": [50]})) is None


def test_a_column_that_names_a_tissue_goes_before_one_that_does_not():
    table = pd.DataFrame({"sample_type": ["FFPE", "RNA"], "tissue": ["Tumor", "Normal"]})
    assert tissue_column(table) == "tissue"
    assert tissue_column(table.assign(tissue="breast")) == "sample_type"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("type", ["tumor", "normal", "tumor"]),
        ("sample group", ["Tumor", "Normal", None]),
        ("histology", ["IDC", "normal", "medullary"]),
        ("tumor_type", ["primary", "metastasis", "primary"]),
        ("cell type", ["primary tumor", "cell line", "cell line"]),
        ("tumor/normal", ["T", "N", "N"]),
        ("characteristics", ["breast cancer", "adjacent tissue", "breast cancer"]),
    ],
)
def test_a_column_that_tells_kinds_of_tissue_apart_is_found_by_its_words(name, words):
    assert columns_by_content(pd.DataFrame({"age": [50, 51, 52], name: words})) == [name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("relapse type", ["primary", "local recurrence", "normal"]),
        ("metastasis", ["primary tumor", "metastasis", "normal"]),
        ("first event", ["distant metastasis", "new primary", "local recurrence"]),
        ("status", ["recurrence", "metastasis", "metastasis"]),
        ("group", ["metastatic", "non-metastatic", "normal"]),
        ("group", ["primary", "metastatic", "metastatic"]),
        ("tumor status", ["with tumor", "tumor free", "tumor free"]),
        ("lymph node", ["tumor", "normal", "normal"]),
        ("BMI", ["normal", "obese", "normal"]),
        ("pam50", ["normal", "basal cancer", "normal"]),
        ("histology", ["IDC", "ILC", "IDC"]),
        ("type", ["tumor", "normal", *[None] * 4]),
        ("day", ["10", "50", "11"]),
        ("organ", ["breast", "liver", "tumor"]),
    ],
)
def test_no_other_column_is_taken_for_the_tissue(name, words):
    assert columns_by_content(pd.DataFrame({name: words})) == []


def test_a_column_that_holds_words_for_tissue_is_proposed():
    table = pd.DataFrame(
        {
            "label": ["tumor", "normal", "normal"],
            "histology": ["IDC", "ILC", "IDC"],
            "sample group": ["Tumor", "Normal", None],
        }
    )
    assert propose_tissue_column(table, {"label"}) == [
        "The column 'sample group' holds words for tissue (Tumor, Normal) and may state it: "
        'give it with --tissue "sample group".'
    ]
    assert propose_tissue_column(table[["histology"]], ()) == []


def test_few_normals_are_no_tissue_and_few_healthy_donors_are_worth_a_question():
    gene = pd.DataFrame({"SLC2A1": ["high", "low", "normal"]})
    assert propose_tissue_column(gene, ()) == []
    status = ["breast cancer patient"] * 3 + ["healthy donor"]
    (note,) = propose_tissue_column(pd.DataFrame({"subject status": status}), ())
    assert "(breast cancer patient, healthy donor)" in note
