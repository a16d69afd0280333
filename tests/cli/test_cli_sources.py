"""Fetch, prepare, audit and map genes from the command line."""

import json

import pandas as pd
import pytest

from deepcme import Cohort
from tests.cli.command import deepcme
from tests.sources.conftest import gdc, no_waiting  # noqa: F401 (fixtures)
from tests.sources.fetching.portal import next_command
from tests.sources.geo.test_geo import SERIES


def succeeded(*arguments):
    done = deepcme(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def refused(*arguments):
    done = deepcme(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.fixture
def cohort_file(gdc, tmp_path):  # noqa: F811
    folder = tmp_path / "TCGA of today"
    said = succeeded("fetch", "gdc", "TCGA-BRCA", "-o", folder, "--base-url", gdc.url)
    assert "12 files, all verified; 12 downloaded now, 0 were there" in said
    path = tmp_path / "cohort.h5ad"
    said = succeeded(*next_command(said, "--label pathologic-m1")[:-1], path)
    assert "8 samples of 8 patients, 4 genes, 4 positives, scale fpkm" in said
    return path


def test_from_the_gdc_to_an_audit(cohort_file):
    findings = json.loads(succeeded("audit", cohort_file, "--json"))
    codes = [finding["code"] for finding in findings]
    assert "DCM005" in codes
    assert "DCM009" in codes
    assert all(
        list(finding) == ["code", "severity", "title", "evidence", "advice"]
        for finding in findings
    )
    said = succeeded("audit", cohort_file)
    assert "DCM005 severe: Too few events" in said
    assert "To do:" in said
    assert deepcme("audit", cohort_file, "--strict").returncode == 1
    assert deepcme("audit", cohort_file, "--strict", "--json").returncode == 1


def test_genes_are_translated_by_the_cohorts_own_symbols(cohort_file, tmp_path):
    output = tmp_path / "symbols.h5ad"
    said = succeeded("genes", "map", cohort_file, "--to", "symbol", "-o", output)
    assert "4 of 4 genes (100.0%) have a known symbol." in said
    assert "1 symbols had several genes: of several rows for one gene" in said
    assert Cohort.load(output).gene_ids.tolist() == ["TSPAN6", "TNMD", "CD99"]


def test_a_low_coverage_must_be_allowed(cohort_file, tmp_path):
    table = tmp_path / "ids.tsv"
    table.write_text("ensembl_id\tentrez_id\nENSG00000000003\t7105\nENSG00000000005\t64102\n")
    arguments = ("genes", "map", cohort_file, "--to", "entrez", "--table", table)
    output = tmp_path / "entrez.h5ad"
    assert "below 95%" in refused(*arguments, "-o", output)
    assert not output.exists()
    said = succeeded(*arguments, "-o", output, "--allow-missing")
    assert "2 of 4 genes (50.0%) have a known entrez" in said
    assert Cohort.load(output).gene_ids.tolist() == ["7105", "64102"]
    assert "give a table with --table" in refused("genes", "map", cohort_file, "--to", "entrez")


def test_a_manifest_and_what_is_wrong_with_the_call(gdc, tmp_path):  # noqa: F811
    manifest = gdc.manifest(tmp_path / "manifest.txt")
    folder = tmp_path / "out"
    said = succeeded(
        "fetch", "gdc", "--manifest", manifest, "-o", folder, "--base-url", gdc.url
    )
    assert "12 downloaded now" in said
    assert "either a project" in refused("fetch", "gdc", "-o", folder)
    assert "no clinical column 'm1'" in refused(
        "prepare", "gdc", folder, "--label", "m1", "-o", tmp_path / "c.h5ad"
    )
    for options, said in (
        (("--time", "t"), "takes both --time COLUMN and --event COLUMN"),
        (("--horizon", "5"), "takes both --time COLUMN and --event COLUMN"),
        (("--time", "t", "--event", "e", "--drop-censored"), "before --horizon: give it too"),
        (("--time", "t", "--event", "e", "--competing", "dead"), "--competing takes COLUMN="),
        (("--label", "event-within-horizon"), "--time COLUMN --event COLUMN --horizon T"),
        (("--label", "m1", "--time", "t", "--event", "e"), "either --label"),
        ((), "either --label"),
    ):
        assert said in refused("prepare", "gdc", folder, *options, "-o", tmp_path / "c.h5ad")
    assert not (tmp_path / "c.h5ad").exists()


def test_geo_with_filters(tmp_path):
    path = tmp_path / "GSE0001_series_matrix.txt"
    path.write_text(SERIES, encoding="latin-1")
    output = tmp_path / "geo.h5ad"
    said = succeeded(
        "prepare", "geo", path, "--label", "relapse", "--keep-tissue", "primary",
        "--one-per-patient", "-o", output,
    )  # fmt: skip
    assert "Only primary samples kept: 1 normal left out." in said
    assert Cohort.load(output).n_samples == 2


def test_every_source_takes_the_tissue_from_a_column(tmp_path):
    path = tmp_path / "GSE0001_series_matrix.txt"
    path.write_text(SERIES.replace('"age: 50"', '"kind: PDX"'), encoding="latin-1")
    output = tmp_path / "geo.h5ad"
    succeeded("prepare", "geo", path, "--label", "relapse", "--tissue", "kind", "-o", output)
    assert Cohort.load(output).obs["tissue"].tolist() == ["model", "normal", "primary"]
    for source in ("gdc", "xena", "cbioportal", "table"):
        assert "--tissue" in succeeded("prepare", source, "--help")


def test_tables_can_be_filtered_too(tmp_path):
    ids = ["a", "b", "c", "d"]
    pd.DataFrame({"G": [1.0, 2, 3, 4], "H": [0.5, 1, 1, 1]}, index=ids).to_csv(
        tmp_path / "expression.csv"
    )
    pd.DataFrame(
        {
            "sample_id": ids,
            "relapse": [1, 0, 1, 0],
            "patient": ["p", "q", "p", "r"],
            "kind": ["Primary Tumor", "Primary Tumor", "Metastatic", "Solid Tissue Normal"],
        }
    ).to_csv(tmp_path / "samples.csv", index=False)
    output = tmp_path / "cohort.h5ad"
    succeeded(
        "prepare", "table", "--expression", tmp_path / "expression.csv",
        "--samples", tmp_path / "samples.csv", "--label", "relapse", "--tissue", "kind",
        "--patient", "patient", "--keep-tissue", "primary", "--keep-tissue", "metastatic",
        "--one-per-patient", "-o", output,
    )  # fmt: skip
    assert Cohort.load(output).samples.tolist() == ["a", "b"]
