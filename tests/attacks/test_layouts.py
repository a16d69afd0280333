"""Files of portals that lie about themselves: endless, cut, mixed, with counts of nothing."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.attacks.command import Outcome, deepcme

pytestmark = pytest.mark.cause("portal-files")

RELAPSE = label_rule("relapse")
MOST_MB = 1_000


def soft(folder: Path, *lines: str, name: str = "GSE1_family.soft.gz") -> Path:
    path = folder / name
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("^SERIES = GSE1\n")
        for line in lines:
            file.write(line + "\n")
    return path


def sample(number: int, rows: str, more: str = "") -> str:
    return (
        f"^SAMPLE = GSM{number}\n!Sample_title = tumor {number}\n"
        f"!Sample_characteristics_ch1 = relapse: {number % 2}\n{more}"
        f"!Sample_platform_id = GPL1\n!sample_table_begin\nID_REF\tVALUE\n{rows}"
        "!sample_table_end"
    )


def geo(path: Path, *options: str | Path) -> Outcome:
    outcome = deepcme(
        *("prepare", "geo", path, "--label", "relapse"),
        *("-o", path.parent / "out.h5ad", *options),
    )
    assert not (path.parent / "out.h5ad").exists()
    assert outcome.peak_mb < MOST_MB, outcome.peak_mb
    return outcome


def test_a_table_of_one_row_without_end(tmp_path):
    endless = "1007_s_at\t7.5\n" * 3_000_000
    path = soft(tmp_path, sample(1, endless), sample(2, "1007_s_at\t1\n"))
    assert path.stat().st_size < 1_000_000
    geo(path).require_one_sentence("sample GSM1", "1007_s_at occurs twice")


def test_a_table_that_never_ends(tmp_path):
    rows = sample(1, "1007_s_at\t7.5\n" * 2_000_000).removesuffix("!sample_table_end")
    geo(soft(tmp_path, rows)).require_one_sentence("GSM1", "no line !sample_table_end")


def test_more_samples_than_any_series_has(tmp_path):
    path = soft(tmp_path, *(f"^SAMPLE = GSM{number}" for number in range(150_000)))
    geo(path).require_one_sentence("more than 100,000 times a sample")


def test_samples_that_are_only_listed(tmp_path):
    listed = (f"!Series_sample_id = GSM{number}" for number in range(90_000))
    path = soft(tmp_path, *listed, sample(1, "a_at\t1\n"))
    geo(path).require_one_sentence("lists 89,999 samples", "cut short")


def test_characteristics_without_end(tmp_path):
    many = "".join(f"!Sample_characteristics_ch1 = stage: {n}\n" for n in range(200_000))
    geo(soft(tmp_path, sample(1, "a_at\t1\n", many))).require_one_sentence(
        "more than 1,000 characteristics"
    )


def test_characteristics_without_end_in_a_series_matrix(tmp_path):
    lines = '!Sample_characteristics_ch1\t"stage: {}"\n'
    path = tmp_path / "GSE1_series_matrix.txt.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write('!Series_geo_accession\t"GSE1"\n!Sample_geo_accession\t"GSM1"\n')
        file.writelines(lines.format(n) for n in range(400_000))
        file.write('!series_matrix_table_begin\n"ID_REF"\t"GSM1"\n"a_at"\t1\n')
        file.write("!series_matrix_table_end\n")
    geo(path).require_one_sentence("more than 1,000 characteristics")


def test_a_quote_of_a_series_matrix_that_is_not_closed(tmp_path):
    path = tmp_path / "GSE1_series_matrix.txt.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write('!Series_geo_accession\t"GSE1"\n!Sample_title\t"a\n')
        file.write("and so on and on\n" * 2_000_000)
    geo(path).require_one_sentence("line 2", "a quote opens a cell")


def test_a_characteristic_of_its_own_for_each_sample(tmp_path):
    samples = (
        sample(n, "a_at\t1\n", f"!Sample_characteristics_ch1 = key {n}: 1\n")
        for n in range(30_000)
    )
    geo(soft(tmp_path, *samples)).require_one_sentence("more than 1,000 characteristics")


def test_samples_that_share_no_probe(tmp_path):
    samples = (
        sample(n, "".join(f"{n}_{probe}_at\t1\n" for probe in range(200))) for n in range(1_000)
    )
    geo(soft(tmp_path, *samples)).require_one_sentence("not of one platform")


def test_a_line_without_end(tmp_path):
    path = soft(tmp_path, "!Series_summary = " + "x" * 30_000_000, "^SAMPLE = GSM1")
    geo(path).require_one_sentence("holds no values")


def test_blocks_of_one_sample(tmp_path):
    path = soft(tmp_path, *[sample(1, "a_at\t1\n")] * 3)
    geo(path).require_one_sentence("the sample GSM1 has several blocks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#1.3\n1000000000000000\t2\t0\t0\nid\tS1\tS2\na\t1\t2\n", "the file is cut short"),
        ("#1.3\n1\t1000000\t0\t0\nid\tS1\tS2\na\t1\t2\n", "has 1,000,000 samples and has 2"),
        (
            "#1.3\n1\t2\t0\t1000000000000000\nid\tS1\tS2\na\t1\t2\n",
            "annotations of the samples",
        ),
        ("#1.3\n1\t2\t1000000000000000\t0\nid\tS1\tS2\na\t1\t2\n", "samples and has 0"),
        (f"#1.3\n{'9' * 5000}\t2\t0\t0\nid\tS1\tS2\na\t1\t2\n", "the file is cut short"),
        ("#1.3\n²\t2\t0\t0\nid\tS1\tS2\na\t1\t2\n", "in four numbers"),
    ],
)
def test_a_gct_that_counts_what_is_not_there(tmp_path, text, said):
    path = tmp_path / "matrix.gct"
    path.write_text(text)
    samples = tmp_path / "samples.csv"
    samples.write_text("sample,relapse\nS1,1\nS2,0\n")
    with pytest.raises(DeepCMEError) as refused:
        cohort_from_tables(path, samples, TableColumns(label="relapse"))
    assert said in str(refused.value), refused.value


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "GSE1_series_matrix.txt"
    path.write_text(
        '!Series_geo_accession\t"GSE1"\n!Sample_title\t"a"\t"b"\t"GSM1"\n'
        '!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\n'
        '!Sample_characteristics_ch1\t"relapse: 1"\t"relapse: 0"\t"relapse: 0"\n'
        '!series_matrix_table_begin\n"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\n'
        "!series_matrix_table_end\n"
    )
    return path


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ("GeneID\tGSM1\tGSM1\n7157\t1\t2\n", "more than once"),
        ("GeneID\tx\ty\n7157\t1\t2\n", "neither by accession nor by title"),
        ("GeneID\tGSM1\tGSM2\n7157\t1\n", "cut short"),
        ("GeneID\tGSM1\tGSM2\n7157\t1\tmany\n", "sample GSM2, gene 7157"),
        ("GeneID\tGSM1\tGSM2\n", "is empty"),
        ("GeneID\tGSM1\tGSM2\n7157\t1\t2\n7157\t3\t4\n", "7157"),
        ("", "is empty"),
        ("<html>", "a web page"),
        ("^SERIES = GSE1\n^SAMPLE = GSM1\n", "only one column"),
    ],
)
def test_counts_that_are_none(tmp_path, series, counts, said):
    path = tmp_path / "counts.tsv"
    path.write_text(counts)
    with pytest.raises(DeepCMEError) as refused:
        cohort_from_geo([series], RELAPSE, counts=path)
    assert said in str(refused.value), refused.value
    assert "\n" not in str(refused.value)


def test_a_title_that_is_the_accession_of_another(tmp_path, series):
    path = tmp_path / "counts.tsv"
    path.write_text("GeneID\tGSM1\tGSM2\ta\n7157\t1\t2\t3\n1956\t4\t5\t9\n")
    cohort = cohort_from_geo([series], RELAPSE, counts=path)
    assert cohort.samples.tolist() == ["GSM1", "GSM2"]
    assert cohort.X[0].tolist() == [1, 4]


WHOLE = "\n".join(
    [
        *("^DATABASE = GeoMiame", "^SERIES = GSE1", "!Series_title = x"),
        *(f"!Series_sample_id = GSM{n}" for n in range(1, 5)),
        *("^PLATFORM = GPL1", "!platform_table_begin", "ID\tGene Symbol", "a_at\tTP53"),
        *("b_at\tEGFR", "c_at\tESR1", "!platform_table_end"),
        *(sample(n, f"a_at\t{n}.5\nb_at\t{n + 2}\nc_at\tnull\n") for n in range(1, 5)),
        "",
    ]
).encode()


def outcome_of(folder: Path, content: bytes) -> str | list[list[float]]:
    path = folder / "GSE1_family.soft"
    path.write_bytes(content)
    try:
        return cohort_from_geo([path], RELAPSE).X.tolist()
    except DeepCMEError as refused:
        assert "\n" not in str(refused)
        return str(refused)


@pytest.mark.guard
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
@given(end=st.integers(0, len(WHOLE) - 1))
def test_a_family_cut_anywhere_is_refused(tmp_path, end):
    if WHOLE[end:].strip():
        assert isinstance(outcome_of(tmp_path, WHOLE[:end]), str)


@pytest.mark.guard
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
@given(
    place=st.integers(0, len(WHOLE) - 1),
    length=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b"^SAMPLE = GSM1\n", b"!sample_table_begin\n", b"\t", b"\n", b"\x00"]),
    ),
)
def test_a_family_changed_anywhere_is_read_or_refused(tmp_path, place, length, put):
    outcome_of(tmp_path, WHOLE[:place] + put + WHOLE[place + length :])
