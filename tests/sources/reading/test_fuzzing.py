"""Whatever a file holds, a parser returns a result or raises the project's own error.

Warnings are errors here as everywhere, so that no library speaks to the user either.
"""

import gzip
import tempfile
from contextlib import suppress
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.hcmdb import read_hcmdb
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.cbioportal import cohort_from_cbioportal
from deepcme.sources.gdc.cases import read_cases
from deepcme.sources.gdc.catalogue import read_manifest
from deepcme.sources.gdc.expression import read_gdc_files
from deepcme.sources.gdc.sample_sheet import read_sample_sheet
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.reading.matrices import genes_in_rows, read_matrix
from deepcme.sources.reading.probemap import read_gene_table
from deepcme.sources.reading.reading import read_table
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.sources.xena import cohort_from_xena
from tests.sources import test_cbioportal, test_xena
from tests.sources.assembly import test_clinical_tables
from tests.sources.conftest import star_text
from tests.sources.geo import test_geo

COLUMN = label_rule("relapse")
TABLE = "sample_id,relapse,patient\nS1,1,P1\nS2,0,P2\nS3,0,P3\n"
MATRIX = "sample_id,A1,B2\nS1,0.5,1\nS2,2,NA\nS3,4,5\n"
HTSEQ = "ENSG00000000003.13\t4782\nENSG00000000005.5\t12\n__no_feature\t1\n"
MANIFEST = f"id\tfilename\tmd5\tsize\tstate\nabcdef-12\tx.tsv\t{'a' * 32}\t7\treleased\n"
SHEET = "file_id\tfile_name\tpatient\tsample\nf1\tx.tsv\tP1\tS1\n"
CASES = '[{"submitter_id": "P1", "demographic": {"vital_status": "Dead"}, "diagnoses": [{}]}]'
HCMDB = "Sample_id,Metastasis_status\nTCGA-A1-0001-01A,YES\nTCGA-A1-0002-01A,NO\n"


def table_cohort(path):
    samples = path.with_name("samples.csv")
    samples.write_text(TABLE)
    return cohort_from_tables(path, samples, TableColumns(label="relapse"))


def samples_cohort(path):
    matrix = path.with_name("matrix.csv")
    matrix.write_text(MATRIX)
    return cohort_from_tables(matrix, path, TableColumns(label="relapse"))


def joined(path):
    return join_clinical(annotate(test_clinical_tables.ALIQUOTS), [read_clinical(path)])


def table(path):
    return read_table(path, [])


def matrix(path):
    return read_matrix(path, genes_in_rows, [])


PARSERS = {
    "table": ("t.csv", TABLE, table),
    "matrix": ("m.csv", MATRIX, matrix),
    "gct": ("m.gct", "#1.2\n1\t2\nName\tDescription\tS1\tS2\nA\tx\t1\t2\n", matrix),
    "cohort of a matrix": ("expression.csv", MATRIX, table_cohort),
    "cohort of a samples table": ("s.tsv", TABLE.replace(",", "\t"), samples_cohort),
    "biotab": ("c.txt", test_clinical_tables.BIOTAB, joined),
    "cbioportal clinical": ("c.txt", test_clinical_tables.PATIENTS, read_clinical),
    "cbioportal expression": ("e.txt", test_cbioportal.EXPRESSION,
                              lambda path: cohort_from_cbioportal(path, COLUMN)),
    "xena": ("TCGA-BRCA.star_fpkm.tsv", test_xena.MATRIX,
             lambda path: cohort_from_xena(path, COLUMN)),
    "series matrix": ("GSE1_series_matrix.txt", test_geo.SERIES,
                      lambda path: cohort_from_geo([path], COLUMN)),
    "platform": ("GPL96.txt", test_geo.PLATFORM, lambda path: read_gene_table(path, [])),
    "star": ("f.tsv", star_text([1, 2, 3, 4]), lambda path: read_gdc_files([path])),
    "htseq": ("f.txt", HTSEQ, lambda path: read_gdc_files([path])),
    "manifest": ("manifest.txt", MANIFEST, read_manifest),
    "sample sheet": ("sheet.tsv", SHEET, lambda path: read_sample_sheet(path, [])),
    "cases": ("cases.json", CASES, read_cases),
    "hcmdb": ("h.csv", HCMDB, read_hcmdb),
}  # fmt: skip


@st.composite
def damage(draw, whole):
    """A file with bytes changed, cut out, put in or repeated, or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    content = bytearray(whole)
    pieces = st.sampled_from(
        [b"\t", b",", b"\n", b"\r\n", b'"', b"\0", b"\xff", b"#", b"!", b"nan", b"inf", b"-1",
         b"1e999", b"", b"[", b"null", b"\xef\xbb\xbf", b"TCGA-A1-0001-01A"]
    )  # fmt: skip
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 30)))
        content[start:end] = draw(st.one_of(pieces, st.binary(max_size=5)))
    return bytes(content[: draw(st.sampled_from([len(content), len(content) // 2]))])


def parse(parser, name, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(DeepCMEError):
            parser(path)


FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", PARSERS)
@FUZZ
@given(data=st.data())
def test_damaged_text(kind, data):
    name, text, parser = PARSERS[kind]
    parse(parser, name, data.draw(damage(text.encode())))


@pytest.mark.parametrize("kind", ["matrix", "series matrix", "htseq", "xena"])
@FUZZ
@given(data=st.data())
def test_damaged_gzip(kind, data):
    name, text, parser = PARSERS[kind]
    whole = gzip.compress(text.encode(), mtime=0)
    parse(parser, f"{name}.gz", data.draw(damage(whole)))


DRESSES = {
    "as it is": lambda content: content,
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "utf-16": lambda content: content.decode("latin-1").encode("utf-16"),
    "CR line ends": lambda content: content.replace(b"\n", b"\r"),
    "CRLF line ends": lambda content: content.replace(b"\n", b"\r\n"),
    "semicolons": lambda content: content.replace(b"\t", b";").replace(b",", b";"),
    "sep= line": lambda content: b"sep=,\n" + content,
    "title": lambda content: b"Table S1\n\n" + content,
    "quotes": lambda content: content.replace(b"\t", b'"\t"').replace(b",", b'","'),
    "trailing separators": lambda content: content.replace(b"\n", b"\t\n"),
}


@pytest.mark.parametrize("kind", PARSERS)
@settings(FUZZ, max_examples=20)
@given(
    other=st.sampled_from(sorted(PARSERS)),
    dresses=st.lists(st.sampled_from(sorted(DRESSES)), max_size=3),
    data=st.data(),
)
def test_files_of_another_kind_in_any_dress(kind, other, dresses, data):
    name, _, parser = PARSERS[kind]
    content = PARSERS[other][1].encode()
    if data.draw(st.booleans()):
        content = data.draw(damage(content))
    for dress in dresses:
        content = DRESSES[dress](content)
    parse(parser, name, content)


@pytest.mark.parametrize("kind", PARSERS)
def test_binary_files_in_place_of_text(binary_files, kind):
    name, _, parser = PARSERS[kind]
    for content in binary_files.values():
        for start in (content, content[: len(content) // 2], gzip.compress(content)):
            parse(parser, name, start)


@pytest.fixture(scope="module")
def binary_files(tmp_path_factory):
    """A table, a matrix and a cohort in each binary format."""
    folder = tmp_path_factory.mktemp("binary")
    matrix = pd.DataFrame({"A": [1.0, 2.0], "B": [3.0, 4.0]}, index=["S1", "S2"])
    matrix.to_parquet(folder / "m.parquet")
    matrix.to_excel(folder / "m.xlsx")
    cohort = Cohort.from_arrays(
        matrix, [1, 0], samples=["S1", "S2"], genes=["A", "B"], endpoint="x", scale="fpkm"
    )
    cohort.save(folder / "m.h5ad")
    ad.AnnData(np.ones((2, 2), dtype=np.float32)).write_h5ad(folder / "plain.h5ad")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["m.parquet", "m.xlsx"])
@FUZZ
@given(data=st.data())
def test_damaged_binary_files(binary_files, name, data):
    content = data.draw(damage(binary_files[name]))
    parse(matrix, name, content)
    parse(table, name, content)
