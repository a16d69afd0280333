"""GEO series matrix files: characteristics cell by cell, probes to genes, several platforms."""

import gzip

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.expression import GeneNaming
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.geo.series_matrix import read_series_matrix

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
RELAPSE = label_rule("relapse")


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


def test_a_title_that_numbers_the_sample_is_no_code_of_tissue(tmp_path):
    stated = SERIES.replace('"tumor 1"\t"tumor 2"\t"tumor 3"', '"11"\t"60"\t"3"').replace(
        '"primary breast tumor"\t"normal breast"\t"primary breast tumor"',
        '"breast"\t"breast"\t"breast"',
    )
    cohort = cohort_from_geo([written(tmp_path, stated)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == ["unknown"] * 3


def speaking(*cells, source="breast"):
    """A series whose characteristics hold further cells, and whose titles say nothing."""
    line = "\t".join(f'"{cell}"' for cell in cells)
    text = SERIES.replace('"tumor 1"\t"tumor 2"\t"tumor 3"', '"A"\t"B"\t"C"')
    text = text.replace("primary breast tumor", source).replace("normal breast", source)
    return text.replace(
        "!Sample_platform_id", f"!Sample_characteristics_ch1\t{line}\n!Sample_platform_id"
    )


@pytest.mark.parametrize(
    ("key", "words", "tissue"),
    [
        ("Group", ("tumor", "normal", "tumor"), ["primary", "normal", "primary"]),
        ("histology", ("IDC", "normal", "medullary"), ["primary", "normal", "unknown"]),
        (
            "tumor_type",
            ("primary", "metastasis", "primary"),
            ["primary", "metastatic", "primary"],
        ),
        ("relapse type", ("primary", "local recurrence", "normal"), ["unknown"] * 3),
        ("metastasis", ("tumor", "normal", "tumor"), ["unknown"] * 3),
    ],
)
def test_tissue_is_told_by_a_characteristic_whose_words_are_of_tissue(
    tmp_path, key, words, tissue
):
    stated = speaking(*(f"{key}: {word}" for word in words))
    cohort = cohort_from_geo([written(tmp_path, stated)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == tissue
    said = [note for note in cohort.notes if f"characteristic {key!r} as well" in note]
    assert len(said) == (set(tissue) != {"unknown"})


def test_letters_are_read_where_the_characteristic_holds_nothing_else(tmp_path):
    stated = speaking("tissue: T", "tissue: N", "tissue: T")
    cohort = cohort_from_geo([written(tmp_path, stated)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == ["primary", "normal", "primary"]


def test_words_of_a_tissue_characteristic_that_name_none_are_said(tmp_path):
    stated = speaking("tissue: tumor", "tissue: breast", "tissue: breast")
    (note,) = [
        n for n in cohort_from_geo([written(tmp_path, stated)], RELAPSE).notes if "none of" in n
    ]
    assert note == (
        "Warning: The characteristic 'tissue' has words for tissue that name none of the kinds "
        "(breast): 2 samples of unknown tissue."
    )


def test_the_characteristic_that_the_user_names_goes_before_all_else(tmp_path):
    stated = speaking("tissue: normal", "tissue: tumor", "tissue: tumor", source="breast tumor")
    stated = stated.replace('"age: 61"', '"site: liver metastasis"')
    path = written(tmp_path, stated)
    cohort = cohort_from_geo([path], RELAPSE, tissue="Site")
    assert cohort.obs["tissue"].tolist() == ["normal", "primary", "metastatic"]
    assert any("The column 'site' states another tissue" in note for note in cohort.notes)
    cohort = cohort_from_geo([path], RELAPSE, tissue="tissue")
    assert cohort.obs["tissue"].tolist() == ["normal", "primary", "primary"]


def test_characteristics_are_read_cell_by_cell(tmp_path):
    attributes = read_series_matrix(written(tmp_path, SERIES), []).attributes
    assert attributes["age"].fillna("").tolist() == ["50", "", "61"]
    assert attributes["grade"].fillna("").tolist() == ["", "2", ""]
    assert attributes["time"].fillna("").tolist() == ["10: months", "", ""]


def test_samples_without_any_attribute_are_samples(tmp_path):
    start = '!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\n'
    kept = [start, '!Sample_characteristics_ch1\t""\t"grade: 2"\t""\n']
    _, begin, table = SERIES.partition("!series_matrix_table_begin")
    for lines in (kept[:1], kept):
        path = written(tmp_path, "".join(lines) + begin + table)
        series = read_series_matrix(path, [])
        assert series.attributes.index.tolist() == ["GSM1", "GSM2", "GSM3"]


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
        naming=GeneNaming(ambiguous="first"),
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


@pytest.mark.parametrize("quote", ["5' end\" of", '"so called', '"'])
def test_quotes_in_a_platform_table_are_characters(tmp_path, quote):
    """Else the rows between two of them were one, and their probes without a gene."""
    platform = PLATFORM.replace("1053_at\tx", f"1053_at\t{quote} x").replace(
        "121_at\tx", f"121_at\t{quote} x"
    )
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, platform, "GPL96.txt")],
    )
    assert cohort.gene_ids.tolist() == ["RFC2", "HSPA6"]
    assert "0 without a gene and 1 of several genes were dropped" in " ".join(cohort.notes)


def test_the_column_of_symbols_is_told_by_what_it_holds(tmp_path):
    """Agilent calls the Entrez ids GENE, the symbols GENE_SYMBOL and the full names GENE_NAME."""
    platform = (
        "ID\tGENE\tGENE_NAME\tGENE_SYMBOL\n"
        "1007_s_at\t780\tdiscoidin receptor\tDDR1\n1053_at\t5982\treplication factor\tRFC2\n"
        "117_at\t3310\theat shock\tHSPA6\n121_at\t7849\tpaired box\tPAX8\n"
    )
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, platform, "GPL6480.txt")],
    )
    assert cohort.gene_ids.tolist() == ["DDR1", "RFC2", "HSPA6", "PAX8"]
    assert "by column 'gene_symbol'" in " ".join(cohort.notes)


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


def test_spaces_around_the_probes_of_a_platform(tmp_path):
    platform = PLATFORM.replace("_at\t", "_at \t").replace("\n1", "\n 1")
    cohort = cohort_from_geo(
        [written(tmp_path, SERIES)],
        RELAPSE,
        platforms=[written(tmp_path, platform, "GPL96.txt")],
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
    with pytest.raises(DeepCMEError, match="2 platforms need 2 platform tables"):
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
        TimeToEvent("time", "relapse", "months", horizon=5).label,
    )
    assert cohort.patients.tolist() == ["A", "A", "GSM3"]
    assert cohort.outcome.cases_at(5).tolist() == [1, 0, 0]


def test_keys_that_differ_in_case_or_spaces_alone_are_one(tmp_path):
    text = SERIES.replace('"relapse: 0"\t"age: 61"', '"Relapse : 0"\t"AGE: 61"')
    cohort = cohort_from_geo([written(tmp_path, text)], RELAPSE)
    assert cohort.labels.tolist() == [1, 0, 0]
    assert cohort.obs["age"].tolist()[0::2] == [50, 61]
    assert (
        "The characteristics relapse, Relapse differ in case or spaces alone and were read as "
        "one, 'relapse'." in cohort.notes
    )


def test_keys_of_two_platforms_are_joined_alike(tmp_path):
    other = (
        SERIES.replace("GSM", "GSM9").replace("GPL96", "GPL97").replace("relapse:", "RELAPSE:")
    )
    paths = [written(tmp_path, SERIES, "a.txt"), written(tmp_path, other, "b.txt")]
    cohort = cohort_from_geo(paths, RELAPSE)
    assert cohort.labels.tolist() == [1, 0, 0] * 2
    assert "RELAPSE" not in cohort.obs


def test_one_key_in_two_spellings_and_two_values_is_a_conflict(tmp_path):
    text = SERIES.replace("grade: 2", "Relapse: 1").replace("GSM3", "GSM4")
    text = text.replace('"relapse: 0"\n', '"Relapse: 0"\n')
    with pytest.raises(DeepCMEError, match=r"1 with 1 beside 0 in relapse \(GSM2\)"):
        cohort_from_geo([written(tmp_path, text.replace("relapse: 1", "relapse: 0"))], RELAPSE)
    cohort = cohort_from_geo([written(tmp_path, text)], RELAPSE)
    assert cohort.samples.tolist() == ["GSM1", "GSM4"]
    warnings = [note for note in cohort.notes if note.startswith("Warning")]
    assert warnings == [
        "Warning: the characteristics 'relapse' and 'Relapse' differ for 1 samples (GSM2).",
        "Warning: 1 samples with 1 beside 0 in relapse (GSM2) were left out.",
    ]


NOBODY = "No characteristic names the patient: every sample is its own patient."


def test_that_no_patient_is_named_is_said_only_where_it_is_so(tmp_path):
    path = written(tmp_path, SERIES.replace("grade: 2", "who: A").replace("age: 50", "who: A"))
    assert NOBODY in cohort_from_geo([path], RELAPSE).notes
    assert NOBODY not in cohort_from_geo([path], RELAPSE, patient="who").notes
    people = pd.DataFrame({"patient": ["A", "A", "B"]}, index=["GSM1", "GSM2", "GSM3"])
    clinical = ClinicalTable("people.tsv", people, "sample", patient="patient")
    cohort = cohort_from_geo([path], RELAPSE, clinical=[clinical])
    assert cohort.patients.tolist() == ["A", "A", "B"]
    assert NOBODY not in cohort.notes


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("!series_matrix_table_begin", "!table", "no line !series_matrix_table_begin"),
        ('"GSM1"\t"GSM2"\t"GSM3"\n"1007', '"GSM1"\t"GSM2"\t"GSM4"\n"1007', "only one has GSM4"),
        ("10.5", "high", "sample GSM1, gene 1007_s_at: 'high' is not a number"),
        ("1053_at", "117_at", r"1 probe id occurs more than once \(117_at\)"),
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
    with pytest.raises(
        DeepCMEError,
        match="holds no values, as of a sequencing series: give its matrix with --counts",
    ):
        cohort_from_geo([written(tmp_path, text)], RELAPSE)


@pytest.mark.parametrize("name", ["GSE0001_series_matrix.txt", "GSE0001_series_matrix.txt.gz"])
@pytest.mark.parametrize("end", ["", '"121_at"\t2\t3\t\n', '"121_at"\t2\t3'])
def test_a_series_without_its_end_line_is_cut_short(tmp_path, name, end):
    whole, _, _ = SERIES.partition('"121_at"')
    with pytest.raises(
        DeepCMEError, match="cut short: the line !series_matrix_table_end at its"
    ):
        cohort_from_geo([written(tmp_path, whole + end, name)], RELAPSE)


def test_a_line_break_within_a_characteristic_is_a_space(tmp_path):
    text = SERIES.replace('"age: 50"', '"treatment: drug A,\nthen drug B"')
    series = read_series_matrix(written(tmp_path, text), [])
    assert series.attributes["treatment"].tolist()[0] == "drug A, then drug B"
    assert series.attributes["grade"].fillna("").tolist() == ["", "2", ""]
    assert series.matrix.genes[0] == "1007_s_at"


def test_a_line_of_characteristics_that_lacks_a_cell_is_warned_about(tmp_path):
    notes = []
    text = SERIES.replace('"relapse: 1"\t"relapse: 0"\t"age: 61"', '"er: 1"\t"er: 0"')
    read_series_matrix(written(tmp_path, text), notes)
    assert notes == [
        "Warning: GSE0001_series_matrix.txt.gz: a line of characteristics (er: 1) has 2 cells "
        "for 3 samples and was left out."
    ]


@pytest.mark.parametrize("word", ["unknown", "NA", "not available"])
def test_a_word_for_nothing_is_no_label(tmp_path, word):
    text = SERIES.replace('"age: 61"', '"relapse: 1"').replace(
        '"age: 50"\t"grade: 2"\t"relapse: 0"', f'"x: 1"\t"x: 2"\t"other relapse: {word}"'
    )
    text = text.replace('"relapse: 1"\t"relapse: 0"', f'"relapse: {word}"\t"relapse: 0"', 1)
    cohort = cohort_from_geo([written(tmp_path, text)], RELAPSE)
    assert cohort.samples.tolist() == ["GSM2", "GSM3"]


@pytest.mark.parametrize("key", ["donor id", "patientid", "subject_id", "Patient number"])
def test_the_patient_under_the_names_that_series_give_it(tmp_path, key):
    text = SERIES.replace('"age: 50"\t"grade: 2"', f'"{key}: 7"\t"{key}: 7"')
    cohort = cohort_from_geo([written(tmp_path, text)], RELAPSE)
    assert cohort.patients.tolist() == ["7", "7", "GSM3"]


def test_a_file_cut_short(tmp_path):
    path = written(tmp_path, SERIES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DeepCMEError, match="damaged or cut short"):
        cohort_from_geo([path], RELAPSE)
