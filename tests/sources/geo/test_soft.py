"""SOFT family files: blocks of platforms and samples, each with its table."""

import gzip

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.geo import cohort_from_geo

RELAPSE = label_rule("relapse")


def table(kind, *rows):
    return [f"!{kind}_table_begin", *("\t".join(row) for row in rows), f"!{kind}_table_end"]


def platform(accession, *rows, columns=("ID", "Gene Symbol")):
    told = ["#ID = probe", f"!Platform_data_row_count = {len(rows)}"]
    body = table("platform", columns, *rows) if rows else []
    return [f"^PLATFORM = {accession}", f"!Platform_title = {accession}", *told, *body]


def sample(accession, relapse, *rows, on="GPL96", columns=("ID_REF", "VALUE"), more=()):
    body = table("sample", columns, *rows) if rows else []
    return [
        f"^SAMPLE = {accession}",
        f"!Sample_title = tumor {accession}",
        "!Sample_source_name_ch1 = primary breast tumor",
        f"!Sample_characteristics_ch1 = relapse: {relapse}",
        "!Sample_characteristics_ch1 = age: 50",
        f"!Sample_platform_id = {on}",
        *more,
        "#ID_REF = ",
        f"!Sample_data_row_count = {len(rows)}",
        *body,
    ]


PROBES = platform("GPL96", ("1007_s_at", "TP53"), ("1053_at", "RFC2"), ("117_at", "TP53"))
ONE = sample("GSM1", 1, ("1007_s_at", "9.5"), ("1053_at", "7"), ("117_at", "10.5"))
TWO = sample("GSM2", 0, ("117_at", "8"), ("1053_at", "null"), ("1007_s_at", "6"))
THREE = sample("GSM3", 0, ("1007_s_at", "9"), ("1053_at", ""), ("117_at", "9"))


def written(folder, *blocks, series=("GSE7",), listed=(), name="GSE7_family.soft.gz"):
    lines = ["^DATABASE = GeoMiame", "!Database_name = Gene Expression Omnibus (GEO)"]
    for accession in series:
        lines += [f"^SERIES = {accession}", "!Series_title = relapse"]
        lines += [f"!Series_sample_id = {one}" for one in listed]
    text = "\n".join([*lines, *(line for block in blocks for line in block)]) + "\n"
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["GSE7_family.soft.gz", "GSE7_family.soft", "anything.txt"])
def test_a_family_of_arrays(tmp_path, name):
    listed = ("GSM1", "GSM2", "GSM3")
    path = written(tmp_path, PROBES, ONE, TWO, THREE, listed=listed, name=name)
    cohort = cohort_from_geo([path], RELAPSE)
    assert cohort.name == "GSE7"
    assert cohort.samples.tolist() == ["GSM1", "GSM2", "GSM3"]
    assert cohort.labels.tolist() == [1, 0, 0]
    assert cohort.obs["tissue"].tolist() == ["primary"] * 3
    assert cohort.obs["age"].tolist() == [50] * 3
    assert cohort.scale == "log2"
    assert cohort.gene_ids.tolist() == ["TP53", "RFC2"]  # 117_at has the higher mean
    np.testing.assert_array_equal(cohort.X[:, 0], [10.5, 8, 9])
    assert np.isnan(cohort.X[1:, 1]).all()


def test_a_table_given_goes_before_the_one_within(tmp_path):
    other = tmp_path / "GPL.txt"
    other.write_text("ID\tGene Symbol\n1007_s_at\tEGFR\n1053_at\tRFC2\n117_at\tESR1\n")
    cohort = cohort_from_geo([written(tmp_path, PROBES, ONE, TWO)], RELAPSE, platforms=[other])
    assert cohort.gene_ids.tolist() == ["EGFR", "RFC2", "ESR1"]


def test_a_platform_that_names_no_gene_leaves_the_probes(tmp_path):
    bare = platform("GPL96", ("1007_s_at", "x"), ("1053_at", "y"), columns=("ID", "SPOT"))
    cohort = cohort_from_geo([written(tmp_path, bare, ONE, TWO)], RELAPSE)
    assert cohort.gene_ids.tolist() == ["1007_s_at", "1053_at", "117_at"]
    assert any(
        note.startswith("Warning: the probes were not turned into genes")
        for note in cohort.notes
    )


def test_further_columns_and_other_orders(tmp_path):
    columns = ("VALUE", "ABS_CALL", "ID_REF")
    one = sample("GSM1", 1, ("9", "P", "a_at"), ("8", "A", "b_at"), columns=columns)
    two = sample("GSM2", 0, ("7", "A", "b_at"), ("6", "P", "c_at"), columns=columns)
    cohort = cohort_from_geo([written(tmp_path, one, two)], RELAPSE)
    assert cohort.gene_ids.tolist() == ["a_at", "b_at", "c_at"]
    np.testing.assert_array_equal(cohort.X, [[9, 8, np.nan], [np.nan, 7, 6]])


def test_several_platforms_need_a_choice(tmp_path):
    other = platform("GPL97", ("9_at", "TP53"), ("8_at", "EGFR"))
    rows = ("9_at", "5"), ("8_at", "4")
    others = [sample(f"GSM{n}", n % 2, *rows, on="GPL97") for n in (8, 9)]
    path = written(tmp_path, PROBES, other, ONE, TWO, *others)
    with pytest.raises(DeepCMEError, match=r"GPL96 with 2 samples, GPL97 with 2 .*--platform"):
        cohort_from_geo([path], RELAPSE)
    with pytest.raises(DeepCMEError, match="there is no sample of GPL1; there are GPL96"):
        cohort_from_geo([path], RELAPSE, gpl=["GPL1"])
    one = cohort_from_geo([path], RELAPSE, gpl=["gpl97"])
    assert one.samples.tolist() == ["GSM8", "GSM9"]
    assert one.gene_ids.tolist() == ["TP53", "EGFR"]
    assert any("2 samples of GPL96 left out: GPL97 was taken" in note for note in one.notes)
    both = cohort_from_geo([path], RELAPSE, gpl=["GPL96", "GPL97"])
    assert both.gene_ids.tolist() == ["TP53"]
    assert both.obs["batch"].tolist() == ["GPL96"] * 2 + ["GPL97"] * 2


def test_a_sample_without_a_table_is_left_out(tmp_path):
    cohort = cohort_from_geo([written(tmp_path, PROBES, ONE, TWO, sample("GSM3", 1))], RELAPSE)
    assert cohort.samples.tolist() == ["GSM1", "GSM2"]
    assert any(
        "1 sample on GPL96 without values left out (GSM3)" in note for note in cohort.notes
    )


def test_a_sequencing_family_names_the_way_out_and_takes_counts(tmp_path):
    path = written(tmp_path, sample("GSM1", 1, on="GPL11154"), sample("GSM2", 0, on="GPL20301"))
    with pytest.raises(DeepCMEError, match="give its matrix with --counts"):
        cohort_from_geo([path], RELAPSE)
    counts = tmp_path / "counts.tsv"
    counts.write_text("GeneID\tGSM2\tGSM1\n7157\t3\t40\n1956\t0\t9\n2099\t7\t100\n")
    cohort = cohort_from_geo([path], RELAPSE, counts=counts)
    assert cohort.samples.tolist() == ["GSM2", "GSM1"]
    assert cohort.labels.tolist() == [0, 1]
    assert cohort.obs["batch"].tolist() == ["GPL20301", "GPL11154"]
    np.testing.assert_array_equal(cohort.X, [[3, 0, 7], [40, 9, 100]])
    with pytest.raises(DeepCMEError, match="no sample of GPL1; there are GPL11154 with 1"):
        cohort_from_geo([path], RELAPSE, counts=counts, gpl=["GPL1"])


ROWS_OF_RATIOS = [("a_at", "-0.5"), ("b_at", "1.5"), ("c_at", "0.1")]


def of_two_channels(n, first, second):
    """A sample of which each channel has a source and characteristics."""
    said = [
        f"!Sample_{name}_ch{number} = {cell}"
        for number, (source, *cells) in enumerate((first, second), start=1)
        for name, cell in (("source_name", source), *(("characteristics", c) for c in cells))
    ]
    return sample(f"GSM{n}", n % 2, *ROWS_OF_RATIOS, more=("!Sample_channel_count = 2", *said))


def test_two_channels_are_said(tmp_path):
    specimens = ("breast tumor", "stage: II"), ("adjacent tissue", "taken: 2001")
    samples = [of_two_channels(n, *specimens) for n in range(4)]
    cohort = cohort_from_geo([written(tmp_path, *samples)], RELAPSE)
    assert cohort.obs["taken"].tolist() == [2001] * 4
    assert any("4 samples on GPL96 of two channels" in note for note in cohort.notes)


@pytest.mark.parametrize(
    "reference",
    [
        ("Universal human reference RNA", "cell line: MCF7, HeLa", "patient: pool"),
        ("pool of normal breast", "tissue: normal breast", "age: 30"),
        ("Stratagene", "sample type: cell lines"),
    ],
)
def test_a_common_reference_says_nothing_of_the_samples(tmp_path, reference):
    def channels(n):
        specimen = ("breast tumor", "tissue: breast tumor", f"patient: P{n // 2}")
        return (specimen, reference) if n % 4 < 2 else (reference, specimen)

    samples = [of_two_channels(n, *channels(n)) for n in range(8)]
    cohort = cohort_from_geo([written(tmp_path, *samples)], RELAPSE)
    assert cohort.obs["tissue"].tolist() == ["primary"] * 8
    assert cohort.obs["patient"].tolist() == [f"P{n // 2}" for n in range(8)]
    assert cohort.labels.tolist() == [n % 2 for n in range(8)]
    assert any(
        "the common reference, the other channel of 8 samples" in n for n in cohort.notes
    )


END = "!sample_table_end"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("VALUE", "INTENSITY"), "no single column VALUE; it has ID_REF"),
        (lambda t: t.replace("1053_at\t7", "1007_s_at\t7"), "1007_s_at occurs twice"),
        (lambda t: t.replace("9.5", "high"), "sample GSM1, probe 1007_s_at: 'high' is not a"),
        (lambda t: t.replace("9.5", "9,5"), "--decimal ,"),
        (lambda t: t.replace("9.5", "inf"), "'inf' is not a number"),
        (lambda t: t.replace("9.5", "1_0"), "'1_0' is not a number"),
        (lambda t: t.replace("\t9.5", ""), "a row has 1 cell and the header 2"),
        (lambda t: t.replace("^SAMPLE = GSM2", "^SAMPLE = GSM1"), "GSM1 has several blocks"),
        (lambda t: t.replace("count = 3", "count = 1000000000000000"), "cut short"),
        (lambda t: t.replace("count = 3", "count = 9"), "says that it has 9"),
        (lambda t: t[: t.rindex("117_at")], "cut short"),
        (lambda t: t[: t.index("!sample_table_begin", t.index("GSM2\n!"))], "GSM2 is missing"),
        (lambda t: t[: t.index("tumor GSM2")], "the table of GSM2 is missing"),
        (lambda t: t[: t.index("^SAMPLE = GSM2")], "lists 1 sample (GSM2) that the file does"),
        (lambda t: t[: t.index("^SAMPLE")], "holds no sample"),
        (lambda t: t + "^SERIES = GSE8\n", "several series"),
        (lambda t: t.replace("^SERIES = GSE7", END.replace("end", "begin")), "is of no sample"),
    ],
)
def test_damage_is_said_in_a_sentence(tmp_path, change, said):
    whole = gzip.decompress(
        written(tmp_path, PROBES, ONE, TWO, listed=("GSM1", "GSM2")).read_bytes()
    )
    path = tmp_path / "changed.soft"
    path.write_text(change(whole.decode()))
    with pytest.raises(DeepCMEError) as refused:
        cohort_from_geo([path], RELAPSE)
    assert said in str(refused.value)


def test_a_table_without_its_end_mark_is_read_if_the_count_says_it_is_whole(tmp_path):
    path = written(tmp_path, PROBES, ONE[:-1], TWO[:-1], name="GSE7_family.soft")
    assert cohort_from_geo([path], RELAPSE).n_samples == 2
    path.write_text(path.read_text().replace("!Sample_data_row_count = 3\n", ""))
    with pytest.raises(DeepCMEError, match="and no line !sample_table_end"):
        cohort_from_geo([path], RELAPSE)
