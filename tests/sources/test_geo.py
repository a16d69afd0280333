"""GEO series matrix files: characteristics cell by cell, probes to genes, several platforms."""

import gzip

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.expression import GeneNaming
from deepcme.sources.geo import cohort_from_geo, read_series_matrix
from deepcme.sources.labels import Horizon, label_rule

SERIES = (
    '!Series_title\t"Breast cancer relapse"\n'
    '!Series_geo_accession\t"GSE0001"\n'
    '!Series_contact_name\t"Søren"\n'
    "\n"
    '!Sample_title\t"tumor 1"\t"tumor 2"\t"tumor 3"\n'
    '!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\n'
    '!Sample_source_name_ch1\t"primary breast tumor"\t"normal breast"\t"primary breast tumor"\n'
    '!Sample_characteristics_ch1\t"relapse: 1"\t"relapse: 0"\t"age: 61"\n'
    '!Sample_characteristics_ch1\t"age: 50"\t"grade: 2"\t"relapse: 0"\n'
    '!Sample_characteristics_ch1\t"time: 10: months"\t""\t"time: NA"\n'
    '!Sample_platform_id\t"GPL96"\t"GPL96"\t"GPL96"\n'
    "!series_matrix_table_begin\n"
    '"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\n'
    '"1007_s_at"\t10.5\t11\t9.25\n'
    '"1053_at"\t7\tnull\t6\n'
    '"117_at"\t8\t9\t7\n'
    '"121_at"\t2\t3\t\n'
    "!series_matrix_table_end\n"
)
PLATFORM = (
    "#ID = probe\n#Gene Symbol = symbol\n"
    "!platform_table_begin\n"
    "ID\tGene Title\tGene Symbol\n"
    "1007_s_at\tx\tDDR1 /// MIR4640\n"
    "1053_at\tx\tRFC2\n"
    "117_at\tx\tHSPA6\n"
    "121_at\tx\tHSPA6\n"
    "!platform_table_end\n"
)
RELAPSE = label_rule("column:relapse")


def written(folder, text, name="GSE0001_series_matrix.txt.gz", encoding="latin-1"):
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode(encoding)))
    else:
        path.write_bytes(text.encode(encoding))
    return path


def test_a_series(tmp_path):
    cohort = cohort_from_geo([written(tmp_path, SERIES)], RELAPSE)
    assert cohort.name == "GSE0001"
    assert cohort.samples.tolist() == ["GSM1", "GSM2", "GSM3"]
    assert cohort.gene_ids.tolist() == ["1007_s_at", "1053_at", "117_at", "121_at"]
    np.testing.assert_array_equal(cohort.X[:, 0], [10.5, 11, 9.25])
    assert np.isnan(cohort.X[1, 1])
    assert np.isnan(cohort.X[2, 3])
    assert cohort.scale == "log2"
    assert cohort.labels.tolist() == [1, 0, 0]
    assert cohort.obs["tissue"].tolist() == ["primary", "normal", "primary"]


def test_tissue_is_told_by_all_statements_of_a_sample(tmp_path):
    stated = (
        SERIES.replace(
            '"primary breast tumor"\t"normal breast"\t"primary breast tumor"',
            '"breast tumor"\t"non-tumor part"\t"breast"',
        )
        .replace('"grade: 2"', '"Tissue: primary tumor"')
        .replace('"time: NA"', '"Cell_line: X1"')
    )
    cohort = cohort_from_geo([written(tmp_path, stated)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == ["primary", "normal", "model"]


def test_a_title_may_speak_of_the_patients_outcome(tmp_path):
    titles = '"normal 1"\t"metastasis 2"\t"relapse 3"'
    stated = SERIES.replace('"tumor 1"\t"tumor 2"\t"tumor 3"', titles).replace(
        '"primary breast tumor"\t"normal breast"\t"primary breast tumor"',
        '"breast"\t"breast"\t"breast tumor"',
    )
    cohort = cohort_from_geo([written(tmp_path, stated)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == ["normal", "unknown", "primary"]


def test_characteristics_are_read_cell_by_cell(tmp_path):
    attributes = read_series_matrix(written(tmp_path, SERIES)).attributes
    assert attributes["age"].fillna("").tolist() == ["50", "", "61"]
    assert attributes["grade"].fillna("").tolist() == ["", "2", ""]
    assert attributes["time"].fillna("").tolist() == ["10: months", "", ""]


def test_probes_become_genes(tmp_path):
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, PLATFORM, "GPL96.txt")],
    )
    assert cohort.gene_ids.tolist() == ["RFC2", "HSPA6"]
    np.testing.assert_array_equal(cohort.X[:, 1], [8, 9, 7])
    notes = " ".join(cohort.notes)
    assert (
        "4 probes became 2 genes; 0 without a gene and 1 of several genes were dropped" in notes
    )
    assert "1 genes had several probes: of several rows for one gene, the one with the" in notes


def test_a_probe_of_several_genes_can_go_to_the_first(tmp_path):
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, PLATFORM, "GPL96.txt")],
        ambiguous="first",
    )
    assert cohort.gene_ids.tolist() == ["DDR1", "RFC2", "HSPA6"]


def test_a_probe_in_two_rows_of_different_genes_is_of_several_genes(tmp_path):
    platform = PLATFORM.replace("121_at\tx", "1053_at\tx")
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, platform, "GPL96.txt")],
    )
    assert cohort.gene_ids.tolist() == ["HSPA6"]
    assert "1 without a gene and 2 of several genes were dropped" in " ".join(cohort.notes)


def test_placeholders_are_no_genes(tmp_path):
    platform = PLATFORM.replace("\tRFC2", "\t---").replace("DDR1 /// MIR4640", "DDR1")
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, platform, "GPL96.txt")],
    )
    assert cohort.gene_ids.tolist() == ["DDR1", "HSPA6"]
    assert "1 without a gene and 0 of several genes were dropped" in " ".join(cohort.notes)


def with_rows(*names):
    rows = ("1007_s_at", "1053_at", "117_at", "121_at")
    text = SERIES
    for row, name in zip(rows, names, strict=True):
        text = text.replace(f'"{row}"', f'"{name}"')
    return text


def test_rows_named_by_genes_are_judged_without_a_platform_table(tmp_path):
    path = written(tmp_path, with_rows("TP53", "2-Sep", "ESR1", "---"))
    cohort = cohort_from_geo([path], RELAPSE, naming=GeneNaming(repair_dates=True))
    assert cohort.gene_ids.tolist() == ["TP53", "SEPTIN2", "ESR1"]


@pytest.mark.parametrize(
    "probes",
    [
        ("ILMN_1", "ILMN_2", "ILMN_3", "ILMN_4"),
        ("A_23_P1", "A_23_P2", "(+)E1A_r60_1", "---"),
        ("7892501", "7892502", "0", "44441"),
    ],
    ids=["Illumina", "Agilent", "numbers"],
)
def test_probe_ids_are_not_judged_as_names_of_genes(tmp_path, probes):
    cohort = cohort_from_geo([written(tmp_path, with_rows(*probes))], RELAPSE)
    assert tuple(cohort.gene_ids) == probes
    assert not any(note.startswith("Warning") for note in cohort.notes)


def test_probes_of_a_date_that_is_two_genes_are_told_by_their_entrez_ids(tmp_path):
    platform = written(
        tmp_path,
        "ID\tGene Symbol\tENTREZ_GENE_ID\n1007_s_at\t1-Mar\t55016\n1053_at\t1-Mar\t64757\n"
        "117_at\tTP53\t7157\n121_at\tESR1\t2099\n",
        "GPL1.txt",
    )
    path = written(tmp_path, SERIES)
    cohort = cohort_from_geo([path], RELAPSE, platforms=[platform])
    assert cohort.gene_ids.tolist() == ["TP53", "ESR1"]
    assert any("2 rows were dropped: a spreadsheet made dates" in note for note in cohort.notes)
    naming = GeneNaming(repair_dates=True)
    mended = cohort_from_geo([path], RELAPSE, platforms=[platform], naming=naming)
    assert mended.gene_ids.tolist() == ["MARCHF1", "MTARC1", "TP53", "ESR1"]


def test_netaffx_annotation_with_comments_and_quotes(tmp_path):
    netaffx = (
        "#%netaffx-annotation-date=2016-07-06\n"
        '"Probe Set ID","Gene Title","Gene Symbol"\n'
        '"1007_s_at","receptor, discoidin","DDR1 /// MIR4640"\n'
        '"1053_at","factor C","RFC2"\n"117_at","shock","HSPA6"\n"121_at","---","---"\n'
    )
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, netaffx, "HG-U133A.na36.annot.csv")],
    )
    assert cohort.gene_ids.tolist() == ["RFC2", "HSPA6"]


def test_a_platform_cut_short(tmp_path):
    platform = written(tmp_path, PLATFORM.removesuffix("!platform_table_end\n"), "GPL96.txt")
    with pytest.raises(
        DeepCMEError, match=r"GPL96.txt: .*no line !platform_table_end.*cut short"
    ):
        cohort_from_geo([written(tmp_path, SERIES)], RELAPSE, platforms=[platform])


def test_two_platforms_share_genes_and_are_batches(tmp_path):
    other = SERIES.replace("GSM", "GSM9").replace("GPL96", "GPL97").replace("1053_at", "9_at")
    platforms = [
        written(tmp_path, PLATFORM, "GPL96.txt"),
        written(tmp_path, PLATFORM.replace("1053_at", "9_at"), "GPL97.txt"),
    ]
    paths = [
        written(tmp_path, SERIES, "GSE0001-GPL96_series_matrix.txt"),
        written(tmp_path, other, "GSE0001-GPL97_series_matrix.txt"),
    ]
    cohort = cohort_from_geo(paths, RELAPSE, platforms=platforms)
    assert (cohort.n_samples, cohort.gene_ids.tolist()) == (6, ["RFC2", "HSPA6"])
    assert cohort.obs["batch"].tolist() == ["GPL96"] * 3 + ["GPL97"] * 3
    assert any("The 2 platforms (2, 2 genes) share 2 genes." in note for note in cohort.notes)
    with pytest.raises(DeepCMEError, match="2 series matrix files need 2 platform tables"):
        cohort_from_geo(paths, RELAPSE, platforms=platforms[:1])
    with pytest.raises(DeepCMEError, match="Sample GSM1 is in several"):
        cohort_from_geo([paths[0], paths[0]], RELAPSE)


def test_windows_line_ends(tmp_path):
    plain = cohort_from_geo([written(tmp_path, SERIES)], RELAPSE)
    windows = written(tmp_path, SERIES.replace("\n", "\r\n"), "GSE0001_windows.txt")
    assert cohort_from_geo([windows], RELAPSE).fingerprint == plain.fingerprint


def test_a_patient_and_a_time_among_the_characteristics(tmp_path):
    text = SERIES.replace("age: 50", "patient id: A").replace("grade: 2", "patient id: A")
    text = text.replace('"time: 10: months"\t""\t"time: NA"', '"time: 1"\t"time: 9"\t"time: 8"')
    cohort = cohort_from_geo(
        [written(tmp_path, text)],
        label_rule("event-within-horizon", Horizon("time", "relapse", 5)),
    )
    assert cohort.patients.tolist() == ["A", "A", "GSM3"]
    assert cohort.labels.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("!series_matrix_table_begin", "!table", "no line !series_matrix_table_begin"),
        ('"GSM1"\t"GSM2"\t"GSM3"\n"1007', '"GSM1"\t"GSM2"\t"GSM4"\n"1007', "only one has GSM4"),
        ("10.5", "high", "sample GSM1, gene 1007_s_at: 'high' is not a number"),
        ("1053_at", "117_at", "1 row ids occur more than once"),
        (
            '!Sample_geo_accession\t"GSM1"',
            '!Sample_geo_accession\t"GSM2"',
            "missing or repeats",
        ),
    ],
)
def test_what_is_refused(tmp_path, old, new, match):
    with pytest.raises(DeepCMEError, match=match) as caught:
        cohort_from_geo([written(tmp_path, SERIES.replace(old, new, 1))], RELAPSE)
    assert "GSE0001" in str(caught.value)


def test_a_sequencing_series_keeps_its_values_elsewhere(tmp_path):
    start, _, _ = SERIES.partition('"1007_s_at"')
    text = start + "!series_matrix_table_end\n"
    with pytest.raises(DeepCMEError, match="holds no values; a sequencing series keeps them"):
        cohort_from_geo([written(tmp_path, text)], RELAPSE)


def test_a_file_cut_short(tmp_path):
    path = written(tmp_path, SERIES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DeepCMEError, match="damaged or cut short"):
        cohort_from_geo([path], RELAPSE)
