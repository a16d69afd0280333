"""The bundled map knows human genes by the symbols they have and had."""

import pytest

from deepcme.cohort.genes.symbols import (
    is_symbol,
    previous_symbols,
    symbol_of_ensembl,
    symbol_today,
    symbols_today,
)


@pytest.mark.parametrize(
    "name", ["TP53", "HLA-A", "C1orf112", "SEPT2", "MARCH1", "LOC100506603"]
)
def test_approved_previous_and_placeholder_symbols_are_known(name):
    assert is_symbol(name)


@pytest.mark.parametrize(
    "name", ["7157", "GENE1", "ENSG00000141510", "1007_s_at", "17p13.1", ""]
)
def test_other_ids_are_no_symbols(name):
    assert not is_symbol(name)


def test_case_matters_unless_said_otherwise():
    assert not is_symbol("tp53")
    assert is_symbol("tp53", any_case=True)


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("TP53", {"TP53"}),
        ("SEPT2", {"SEPTIN2"}),
        ("MARC1", {"MTARC1"}),
        ("SEP15", {"SELENOF"}),
        ("GENE1", set()),
    ],
)
def test_previous_symbols_lead_to_todays(name, today):
    assert symbols_today(name) == today


def test_ensembl_ids_lead_to_symbols_with_their_version_or_without():
    assert symbol_of_ensembl("ENSG00000141510") == "TP53"
    assert symbol_of_ensembl("ENSG00000141510.18") == "TP53"
    assert symbol_of_ensembl("ENSG00000000000") is None
    assert symbol_of_ensembl("") is None


@pytest.mark.parametrize(
    ("symbol", "earlier"),
    [
        ("CDK1", ("CDC2",)),
        ("MCM2", ("CDCL1",)),  # CCNL1 was one of it too, and is cyclin L1 today
        ("TP53", ()),
        ("GENE1", ()),
    ],
)
def test_earlier_symbols_are_those_of_no_other_gene(symbol, earlier):
    assert previous_symbols(symbol) == earlier


def test_one_symbol_today_is_told_where_there_is_one():
    assert symbol_today("STK15") == symbol_today("AURKA") == "AURKA"
    assert symbol_today("no gene") is None
