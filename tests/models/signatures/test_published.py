"""Published signatures are facts with a source, and found by the names that people know."""

import re
from importlib.resources import files

import pandas as pd
import pytest

import deepcme
from deepcme.base.errors import DeepCMEError
from deepcme.cohort.genes.symbols import symbols_today
from deepcme.models.signatures.published import (
    find_published,
    load_signature,
    load_signatures,
    signature_names,
)

EVERY = pytest.mark.parametrize(
    "signature", load_signatures(), ids=lambda signature: signature.name
)
FILES = {
    "recurrence-score-21": (
        "recurrence_score_21.csv",
        "probe_hgu133a",
        "weight_in_linear_form",
    ),
    "seventy-gene": ("seventy_gene.csv", "probe_hu25k", "correlation_with_outcome"),
    "genomic-grade-index": ("genomic_grade_index.csv", "probe_hgu133a", "grade"),
    "seventy-six-gene": (
        "seventy_six_gene.csv",
        "probe_hgu133a",
        "standardised_cox_coefficient",
    ),
    "eight-gene-ep": ("endopredict.csv", "probe_hgu133a", "weight"),
}


def test_six_signatures_come_with_the_package():
    assert signature_names() == (
        "eight-gene-ep",
        "genomic-grade-index",
        "proliferation",
        "recurrence-score-21",
        "seventy-gene",
        "seventy-six-gene",
    )
    sizes = {signature.name: len(signature.genes) for signature in load_signatures()}
    assert list(sizes.values()) == [8, 128, 12, 16, 70, 76]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("genomic-grade-index", "genomic-grade-index"),
        ("GGI", "genomic-grade-index"),
        ("gene70", "seventy-gene"),
        ("Gene_76", "seventy-six-gene"),
        ("gene76", "seventy-six-gene"),
        ("rs21", "recurrence-score-21"),
        ("recurrence score", "recurrence-score-21"),
        ("aurka", "proliferation"),
    ],
)
def test_a_signature_is_found_by_the_names_that_people_know(typed, name):
    assert deepcme.load_signature(typed).name == name


def test_an_unknown_name_is_told_those_that_there_are():
    assert find_published("mine") is None
    with pytest.raises(DeepCMEError, match=r"no published signature 'mine'.*proliferation"):
        load_signature("mine")


def test_no_two_signatures_share_a_name():
    names = [name for one in load_signatures() for name in (one.name, *one.other_names)]
    letters = [name.replace("-", "") for name in names]
    assert len(letters) == len(set(letters))


@EVERY
def test_each_has_its_paper_and_says_what_was_checked_against_it(signature):
    source = signature.source
    assert re.search(r"(19|20)\d\d;\d+:\d+", source.citation)
    assert source.doi.startswith("10.")
    assert source.pmid.isdigit()
    assert source.sentence
    assert source.checked
    assert source.not_checked
    assert signature.scaling
    assert signature.trained_on.sentence
    assert signature.cancer == "breast"
    assert signature.is_published
    assert "Research version, not the assay" in signature.describe()


def test_probes_are_told_from_genes():
    assert load_signature("ggi").describe().startswith("genomic grade index: 128 probes.")
    assert load_signature("ep").describe().startswith("8-gene EP score: 8 genes.")


@EVERY
def test_none_bears_the_name_of_a_product(signature):
    file = files("deepcme.models.signatures") / "published" / f"{signature.name}.toml"
    products = r"(?i)oncotype|mammaprint|endo ?predict|prosigna|mapquant|blueprint|veridex"
    assert re.search(products, file.read_text(encoding="utf-8")) is None


@EVERY
def test_symbols_are_todays_and_aliases_are_no_other_genes(signature):
    own = {gene.symbol for gene in signature.genes}
    for gene in (*signature.genes, *signature.references):
        assert not gene.symbol or symbols_today(gene.symbol) == {gene.symbol}
        for alias in gene.aliases:
            assert symbols_today(alias) <= {gene.symbol}, f"{alias} of {gene.symbol}"
            assert alias not in own


@pytest.mark.parametrize(
    ("name", "positive", "negative"),
    [
        ("rs21", 5 * 0.208 + 2 * 0.05 + 0.423 + 0.047 + 0.05, -0.34 - 0.08 - 0.07),
        ("gene70", 19.8883, -6.921061),
        ("ggi", 112, -16),
        ("gene76", 77.366, -148.884),
        ("ep", 1.19, -1.25),
        ("proliferation", 12, 0),
    ],
)
def test_weights_sum_up_as_published(name, positive, negative):
    weights = [gene.weight for gene in load_signature(name).genes]
    assert sum(weight for weight in weights if weight > 0) == pytest.approx(positive, abs=5e-4)
    assert sum(weight for weight in weights if weight < 0) == pytest.approx(negative, abs=5e-4)


@EVERY
def test_each_line_is_a_probe_or_a_gene_of_its_own(signature):
    lines = [(gene.symbol, gene.probes) for gene in signature.genes]
    assert len(lines) == len(set(lines))
    assert all(gene.label and gene.weight for gene in signature.genes)
    assert set(signature.cut_offs_hold) <= {"within cohort", "single sample"}
    assert list(signature.cut_offs) == sorted(signature.cut_offs)


def test_genes_renamed_since_are_known_by_both_names():
    by_symbol = {gene.symbol: gene.aliases for one in load_signatures() for gene in one.genes}
    for symbol, before in [
        ("CTSV", "CTSL2"),
        ("MARS1", "MARS"),
        ("GOLM1", "GOLPH2"),
        ("NDC80", "KNTC2"),
        ("CDK1", "CDC2"),
    ]:
        assert before in by_symbol[symbol]


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_genes_and_weights_are_those_of_the_tables_they_were_taken_from(name, shared_data):
    file, probe, weight = FILES[name]
    table = pd.read_csv(shared_data / "signatures" / file, dtype={"entrez": str})
    signature = load_signature(name)
    if "group" in table:
        is_reference = table["group"].str.lower() == "reference"
        references = table[is_reference]
        assert [gene.entrez for gene in signature.references] == list(references["entrez"])
        table = table[~is_reference]
    assert [gene.probes for gene in signature.genes] == [(one,) for one in table[probe]]
    for gene, entrez in zip(signature.genes, table["entrez"].fillna(""), strict=True):
        assert entrez in ("", gene.entrez)
    weights = table[weight].map({1: -1.0, 3: 1.0}) if weight == "grade" else table[weight]
    assert [gene.weight for gene in signature.genes] == pytest.approx(list(weights), abs=0)
    if name == "seventy-gene":
        profile = table["mean_good_prognosis_profile"]
        assert [gene.profile for gene in signature.genes] == pytest.approx(list(profile), abs=0)


@pytest.mark.shared
def test_the_good_profile_is_the_mean_of_the_papers_tumours_without_metastasis(shared_data):
    """The identity of genes that the table names none for, and of names that the data bear."""
    folder = shared_data / "veer2002_symbols"
    expression = pd.read_parquet(folder / "expression.parquet").astype(float)
    samples = pd.read_csv(folder / "samples.csv").set_index("sample_id")
    good = samples.index[
        (samples["split_original"] == "train78") & (samples["metastasis"] == 0)
    ]
    assert len(good) == 44
    mean = expression.loc[good].mean()
    # Names of 2002 that are, or were, names of other genes as well are no aliases.
    no_alias = {"ALDH4A1": "ALDH4", "PALM2AKAP2": "AKAP2", "PITRM1": "MP1", "MTDH": "KIAA1067"}
    same = []
    for gene in load_signature("seventy-gene").genes:
        names = (gene.symbol, *gene.aliases, no_alias.get(gene.symbol))
        same += [gene.label for n in names if n in mean and abs(mean[n] - gene.profile) < 1e-5]
    assert len(same) == 47
    assert {"EBF4", "ESM1", "EGLN1", "PALM2AKAP2", "SERF1A", "FLT1"} <= set(same)
