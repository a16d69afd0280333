"""Files of the portals as they come: barcodes of any spelling, odd columns, missing ends."""

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.cbioportal import cohort_from_cbioportal
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.xena import cohort_from_xena
from tests.sources.dialects import (
    ENCODINGS,
    LINE_ENDS,
    TISSUES,
    Sheet,
    cohorts,
    number,
    portal_dialects,
    written,
)

FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=500)
RELAPSE = label_rule("relapse")
SAMPLE_TYPES = ("01", "11", "06")
TISSUE_OF_TYPE = {"01": "primary", "11": "normal", "06": "metastatic"}
NO_SAMPLES = ("gene_length", "Description", "GTEX-1117F-0226-SM-5GZZ7", "TARGET-20-PABCDE-09A")
PATIENT_KEYS = ("patient", "Patient ID", "patient_id", "subject id", "donor id", "individual")
PATIENT_KEYS += ("participant", "case id", "patient no", "patient number")
CBIOPORTAL_ROWS = tuple(
    f"#{what}\t{what}\t{what}\t{what}" for what in ("A", "B", "STRING", "1")
)
NOTES = ("note: 5' end", "note: Zürich", 'note: a "b', "")
LABEL_WORD = {1: "1", 0: "0", None: ""}


@st.composite
def tcga_cohorts(draw):
    """Up to three samples of a patient, each of another type, so that 15 letters tell all."""
    cohort = draw(cohorts())
    per_patient = draw(st.integers(1, 3))
    places = [divmod(i, per_patient) for i in range(len(cohort.samples))]
    cohort.patients = [f"TCGA-A{i % 10}-A{i:03d}" for i, _ in places]
    cohort.samples = [
        f"{patient}-{SAMPLE_TYPES[place]}"
        for patient, (_, place) in zip(cohort.patients, places, strict=True)
    ]
    return cohort


@st.composite
def spelled(draw, barcode):
    """The barcode of a sample, as one file or another writes it."""
    text = barcode + draw(st.sampled_from(["", "A", "A-11R-A12P-07"]))
    if draw(st.booleans()):
        text = text.replace("-", ".")
    return text


def spelled_samples(draw, cohort):
    return [draw(spelled(sample)) for sample in cohort.samples]


def files_of(folder, sheets, dialects):
    paths = []
    for stem, sheet in sheets.items():
        paths.append(Path(folder) / dialects[stem].file_name(stem))
        paths[-1].write_bytes(written(sheet, dialects[stem]))
    return paths


def matrix_of(cohort, header, first="id"):
    """Genes in rows."""
    rows = zip(cohort.genes, cohort.values.T, strict=True)
    return Sheet([first, *header], [[gene, *map(number, values)] for gene, values in rows])


def assert_read(cohort, invented, tissue):
    labelled = [i for i, label in enumerate(invented.labels) if label is not None]
    assert cohort.patients.tolist() == [invented.patients[i] for i in labelled]
    assert cohort.labels.tolist() == [invented.labels[i] for i in labelled]
    assert cohort.obs["tissue"].tolist() == [tissue[i] for i in labelled]
    assert cohort.gene_ids.tolist() == invented.genes
    np.testing.assert_allclose(cohort.X, invented.values[labelled], rtol=1e-6)
    return labelled


def assert_barcodes_read(cohort, invented):
    tissue = [TISSUE_OF_TYPE[sample[-2:]] for sample in invented.samples]
    labelled = assert_read(cohort, invented, tissue)
    barcodes = [sample.replace(".", "-")[:15] for sample in cohort.samples]
    assert barcodes == [invented.samples[i] for i in labelled]


# Xena: the columns of one matrix need not be of one kind.


@st.composite
def column_of_another_kind(draw, matrix):
    """A column that is no sample of the cohort, or R's name for one that is there twice."""
    name = draw(st.sampled_from([*NO_SAMPLES, matrix.header[1] + ".1"]))
    if name in matrix.header:
        return
    place = draw(st.integers(1, len(matrix.header)))
    content = "a word" if name == "Description" else "7.1234"
    matrix.header.insert(place, name)
    for row in matrix.rows:
        row.insert(place, content)


def clinical_of(cohort, samples):
    labels = [LABEL_WORD[label] for label in cohort.labels]
    rows = zip(samples, labels, cohort.columns["site"], strict=True)
    return Sheet(["sample", "relapse", "site"], [list(row) for row in rows])


def check_xena(data):
    invented = data.draw(tcga_cohorts())
    matrix = matrix_of(invented, spelled_samples(data.draw, invented))
    for _ in range(data.draw(st.integers(0, 2))):
        data.draw(column_of_another_kind(matrix))
    clinical = clinical_of(invented, spelled_samples(data.draw, invented))
    dialects = {
        "TCGA-X": data.draw(portal_dialects()),
        "clinical": data.draw(portal_dialects()),
    }
    with tempfile.TemporaryDirectory() as folder:
        expression, table = files_of(folder, {"TCGA-X": matrix, "clinical": clinical}, dialects)
        cohort = cohort_from_xena(expression, RELAPSE, clinical=[read_clinical(table)])
        assert_barcodes_read(cohort, invented)

        first, second = [
            place
            for place, name in enumerate(matrix.header)
            if place and name not in NO_SAMPLES
        ][:2]
        matrix.header[first] = invented.samples[0]
        matrix.header[second] = invented.samples[0] + "A"
        expression, _ = files_of(folder, {"TCGA-X": matrix, "clinical": clinical}, dialects)
        with pytest.raises(DeepCMEError, match=invented.samples[0] + "A"):
            cohort_from_xena(expression, RELAPSE, clinical=[read_clinical(table)])


@FEW
@given(data=st.data())
def test_xena_barcodes_are_read_one_by_one(data):
    check_xena(data)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_many_xena_matrices(data):
    check_xena(data)


# cBioPortal: barcodes of several lengths, quote characters that quote nothing.


def study_of(cohort, draw):
    samples = spelled_samples(draw, cohort)
    words = draw(st.lists(st.sampled_from(['"lobular', '5" lesion', "ductal"]), min_size=3))
    rows = [
        [patient, sample, LABEL_WORD[label], words[i % len(words)]]
        for i, (patient, sample, label) in enumerate(
            zip(cohort.patients, samples, cohort.labels, strict=True)
        )
    ]
    clinical = Sheet(["PATIENT_ID", "SAMPLE_ID", "relapse", "HISTOLOGY"], rows)
    return matrix_of(cohort, spelled_samples(draw, cohort), "Hugo_Symbol"), clinical


def check_cbioportal(data):
    invented = data.draw(tcga_cohorts())
    matrix, clinical = study_of(invented, data.draw)
    sheets = {"data_mrna": matrix, "data_clinical": clinical}
    dialects = {
        "data_mrna": data.draw(portal_dialects()),
        "data_clinical": data.draw(portal_dialects(CBIOPORTAL_ROWS)),
    }
    spoiled = data.draw(st.sampled_from([["7.1234", "8.1235"], ["high"]]))
    with tempfile.TemporaryDirectory() as folder:
        expression, table = files_of(folder, sheets, dialects)
        cohort = cohort_from_cbioportal(expression, RELAPSE, clinical=[read_clinical(table)])
        assert_barcodes_read(cohort, invented)

        matrix.rows[1][-1:] = spoiled
        expression, _ = files_of(folder, sheets, dialects)
        with pytest.raises(DeepCMEError, match=expression.name):
            cohort_from_cbioportal(expression, RELAPSE, clinical=[read_clinical(table)])


@FEW
@given(data=st.data())
def test_cbioportal_studies_are_read_as_written_and_refused_when_spoiled(data):
    check_cbioportal(data)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_many_cbioportal_studies(data):
    check_cbioportal(data)


# GEO: a series matrix, whose end line says that it is whole.

END = "!series_matrix_table_end"


def series_lines(cohort, draw):
    """Lines of a series matrix; some quote their cells, and some keys change places."""
    quote = draw(st.sampled_from(['"', ""]))
    patient = draw(st.sampled_from(PATIENT_KEYS))
    characteristics = [
        [f"{patient}: {name}" for name in cohort.patients],
        [f"relapse: {LABEL_WORD[label]}" for label in cohort.labels],
        [f"tissue type: {word}" for word in cohort.tissue_words],
        [draw(st.sampled_from(NOTES)) for _ in cohort.samples],
    ]
    for sample in draw(st.lists(st.integers(0, len(cohort.samples) - 1), max_size=3)):
        first, second = characteristics[0][sample], characteristics[1][sample]
        characteristics[0][sample], characteristics[1][sample] = second, first

    def line(name, cells):
        return "\t".join([name, *(f"{quote}{cell}{quote}" for cell in cells)])

    return [
        line("!Series_geo_accession", ["GSE1"]),
        "",
        line("!Sample_geo_accession", cohort.samples),
        *(line("!Sample_characteristics_ch1", cells) for cells in characteristics),
        "!series_matrix_table_begin",
        line("ID_REF", cohort.samples),
        *(
            "\t".join([f"{quote}{gene}{quote}", *(number(value) or "null" for value in values)])
            for gene, values in zip(cohort.genes, cohort.values.T, strict=True)
        ),
        END,
    ]


def without_end(lines):
    return lines[:-1]


def without_last_cells(lines):
    return [*lines[:-2], lines[-2].rpartition("\t")[0], END]


def with_text(lines):
    return [*lines[:-2], lines[-2].rpartition("\t")[0] + "\thigh", END]


def with_one_cell_more(lines):
    return [*lines[:-3], lines[-3] + "\t7.1234", *lines[-2:]]


def check_geo(data):
    invented = data.draw(cohorts())
    invented.samples = [f"GSM{i}" for i in range(len(invented.samples))]
    invented.values[0, 0] = data.draw(st.sampled_from([np.nan, 7.1234]))
    lines = series_lines(invented, data.draw)
    line_end, encoding = (
        data.draw(st.sampled_from(LINE_ENDS)),
        data.draw(st.sampled_from(ENCODINGS)),
    )
    packed, named_gz = data.draw(st.booleans()), data.draw(st.booleans())
    spoil = data.draw(
        st.sampled_from([without_end, without_last_cells, with_text, with_one_cell_more])
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("GSE1_series_matrix.txt" + ".gz" * named_gz)

        def read(lines):
            content = "".join(line + line_end for line in lines).encode(encoding)
            path.write_bytes(gzip.compress(content) if packed else content)
            return cohort_from_geo([path], RELAPSE)

        cohort = read(lines)
        assert_read(cohort, invented, [TISSUES[word] for word in invented.tissue_words])
        with pytest.raises(DeepCMEError, match=path.name):
            read(spoil(lines))


@FEW
@given(data=st.data())
def test_series_matrices_are_read_as_written_and_refused_when_spoiled(data):
    check_geo(data)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_many_series_matrices(data):
    check_geo(data)
