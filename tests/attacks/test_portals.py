"""Portals that lie: a hostile GEO, Xena hub or cBioPortal writes nowhere else, nor without end."""

import gzip
import io
import tarfile
import time

import pytest

from tests.sources.fetching import services
from tests.sources.fetching.conftest import deepcme, no_waiting, portal  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.usefixtures("no_waiting"), pytest.mark.cause("portal-files")]
MATRIX = "/geo/series/GSE7nnn/GSE7390/matrix"
MATRIX_FILE = f"{MATRIX}/GSE7390_series_matrix.txt.gz"


@pytest.fixture
def fetch(portal, deepcme, tmp_path):  # noqa: F811
    """Fetch from the portal; what is refused leaves nothing behind."""
    portal.speak_as_s3()
    folder = tmp_path / "outer" / "folder"

    def run(service, what, *options, refused=True, left=()):
        start = time.monotonic()
        arguments = ("fetch", service, what, "-o", folder, "--base-url", portal.url, *options)
        said = deepcme.refused(*arguments) if refused else deepcme.succeeded(*arguments)
        assert time.monotonic() - start < 30
        assert "\x1b" not in said
        assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= set(left)
        return said

    return run


@pytest.fixture
def geo(portal):  # noqa: F811
    text = services.series_matrix("GSE7390", "GPL96", services.lognormal())
    services.put_series(portal, "GSE7390", {"GPL96": text})
    portal.annotation = services.put_annotation(portal, "GPL96")
    return portal


@pytest.mark.parametrize(
    "name",
    [
        "../../GSE7390_series_matrix.txt.gz",
        "%2e%2e%2fGSE7390_series_matrix.txt.gz",
        "https://127.0.0.1:9/GSE7390_series_matrix.txt.gz",
        "//127.0.0.1:9/GSE7390_series_matrix.txt.gz",
        "file:///etc/GSE7390_series_matrix.txt.gz",
        "\x1b[2JGSE7390_series_matrix.txt.gz",
        "GSE7390\x00_series_matrix.txt.gz",
        "GSE7390-GPL96/../../GSE7390_series_matrix.txt.gz",
        "GSE7390-GPL0_series_matrix.txt.gz",
        "GSE7391_series_matrix.txt.gz",
        "GSE7390_series_matrix.txt.gz/../x",
        "..",
    ],
)
@pytest.mark.cause("odd-server")
def test_an_index_page_that_lists_other_names(geo, fetch, name):
    geo.put(f"{MATRIX}/", services.directory(MATRIX, [name]))
    assert "lists no series matrices of GSE7390" in fetch("geo", "GSE7390")


@pytest.mark.parametrize(
    "page",
    [
        "".join(
            f'<a href="GSE7390-GPL{i}_series_matrix.txt.gz">x</a>' for i in range(1, 100_000)
        ),
        'href="' * 2_000_000,
        'href="GSE7390' * 2_000_000,
        "<" * 10_000_000,
        "\n" * 10_000_000,
        "",
        b"\xff\xfe\x00" * 1_000_000,
    ],
    ids=["many", "links", "beginnings", "brackets", "lines", "nothing", "no text"],
)
@pytest.mark.cause("odd-server")
def test_an_index_page_that_is_huge_or_none(geo, fetch, page):
    geo.put(f"{MATRIX}/", page)
    assert "series matrices of GSE7390" in fetch("geo", "GSE7390")


@pytest.mark.parametrize(
    "text",
    [
        "^SERIES = GSE7390\n" + "!Series_relation = SuperSeries of: GSE1\n" * 500_000,
        "^SERIES = GSE7390\n" + "!Series_relation = SuperSeries of: " * 500_000,
        "^SERIES = GSE7390\n" + "!Series_platform_id = ../../x\n" * 10,
        "^SERIES = GSE7390\n" + "\n" * 10_000_000,
        "<html>" + "<" * 10_000_000,
        "<html>" + "is currently private " * 500_000,
        "\x1b[2J\x1b]0;owned\x07",
        "{" * 1_000_000,
        "",
    ],
    ids=[
        "parts",
        "one line",
        "names",
        "lines",
        "page",
        "private",
        "escapes",
        "deep",
        "nothing",
    ],
)
@pytest.mark.cause("odd-server")
def test_a_record_that_is_huge_or_none(geo, fetch, text):
    geo.put(services.record_address("GSE7390"), text)
    assert "GSE7390" in fetch("geo", "GSE7390")


@pytest.mark.parametrize("address", [services.record_address("GSE7390"), f"{MATRIX}/"])
@pytest.mark.parametrize("piece", [b" " * 65_536, b'<a href="x">\n' * 5_000])
@pytest.mark.cause("endless-server")
def test_a_page_without_end(geo, fetch, address, piece):
    geo.endless[address] = piece
    assert "goes on after" in fetch("geo", "GSE7390")


@pytest.mark.cause("endless-server")
def test_a_file_without_end_stops_at_the_length_that_was_told(geo, fetch):
    geo.endless[MATRIX_FILE] = b"\x00" * 65_536
    assert "GSE7390_series_matrix.txt.gz" in fetch("geo", "GSE7390")


@pytest.mark.parametrize("start", [b"", gzip.compress(b"x")], ids=["text", "gzip"])
@pytest.mark.cause("endless-server")
def test_a_file_without_end_of_which_nobody_tells_the_length(geo, fetch, monkeypatch, start):
    monkeypatch.setattr("deepcme.sources.fetching.geo.CEILING", 3_000_000)
    address = services.record_address("GPL10558", view="data")
    text = services.series_matrix("GSE7390", "GPL10558", services.lognormal())
    services.put_series(geo, "GSE7390", {"GPL10558": text})
    geo.put(address, start, chunked=True)
    geo.endless[address] = start + b"\x00" * 65_536
    said = fetch("geo", "GSE7390", left=["GSE7390_series_matrix.txt.gz"])
    assert "GPL10558.txt" in said


def big(n_bytes, start=b"", end=b""):
    """A gzip file of mostly zeros, made in pieces."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(n_bytes // 1_000_000):
            file.write(b"0" * 1_000_000)
        file.write(end)
    return packed.getvalue()


END = b"\n!series_matrix_table_end\n"
BEGIN = b"!series_matrix_table_begin\n"


@pytest.mark.parametrize(
    "content",
    [
        big(250_000_000, end=END),
        big(250_000_000, start=b'!Series_title\t"', end=b'"\n' + BEGIN + END),
        b"<html>503</html>",
        b"",
        gzip.compress(b""),
        gzip.compress(END)[:-4],
        gzip.compress(b"\x1b[2J" + BEGIN),
        gzip.compress(gzip.compress(BEGIN + END)),
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n",
    ],
    ids=["bomb", "head", "page", "empty", "nothing", "cut", "no end", "twice", "pointer"],
)
def test_a_matrix_that_is_none(geo, fetch, content):
    geo.put(MATRIX_FILE, content)
    assert "GSE7390_series_matrix.txt.gz" in fetch("geo", "GSE7390")


@pytest.mark.parametrize(
    "head",
    [
        b"!Sample_x" + b"\t" * 60_000_000 + b"\n",
        b'!Sample_characteristics_ch1\t"a: 1"\n' * 500_000,
        b'!Sample_geo_accession\t"GSM1"\n' * 500_000,
    ],
    ids=["cells", "characteristics", "accessions"],
)
def test_a_matrix_with_a_huge_head_proposes_nothing(geo, fetch, head):
    geo.put(MATRIX_FILE, gzip.compress(head + BEGIN + b'"ID"\n"1"\n' + END, compresslevel=1))
    files = ["GSE7390_series_matrix.txt.gz", "GPL96.annot.gz"]
    said = fetch("geo", "GSE7390", refused=False, left=files)
    assert "No label was found" in said


def test_a_matrix_with_a_line_that_no_table_has_is_refused(geo, fetch):
    head = b"0" * 90_000_000 + b"\n"
    geo.put(MATRIX_FILE, gzip.compress(head + BEGIN + b'"ID"\n"1"\n' + END, compresslevel=1))
    said = fetch("geo", "GSE7390", left=["GSE7390_series_matrix.txt.gz", "GPL96.annot.gz"])
    assert "a line is longer than 64 MB" in said


@pytest.mark.cause("escapes")
def test_names_of_characteristics_are_safe_on_a_terminal_and_in_a_shell(geo, fetch):
    text = services.series_matrix("GSE7390", "GPL96", services.lognormal())
    for key in ("\x1b[2J", "$(touch owned)", "a`b`", "x; rm -rf ~", "--label", "'", '"'):
        cells = [f"{key}: {i % 2}" for i in range(services.N_SAMPLES)]
        text = text.replace(
            "!Sample_platform_id",
            services.line("!Sample_characteristics_ch1", *cells) + "!Sample_platform_id",
        )
    geo.put(MATRIX_FILE, gzip.compress(text.encode()))
    files = ["GSE7390_series_matrix.txt.gz", "GPL96.annot.gz"]
    said = fetch("geo", "GSE7390", refused=False, left=files)
    assert "'$(touch owned)'" in said
    assert "'x; rm -rf ~'" in said


@pytest.mark.parametrize(
    "platform", ["../../x", "GPL96/..", "GPL96\n", "GPL96?x=1", "", "\x1b"]
)
@pytest.mark.cause("odd-server")
def test_a_platform_that_is_none(geo, fetch, platform):
    said = fetch("geo", "GSE7390", "--platform", platform)
    assert "is not the accession of a GEO platform, such as GPL96" in said
    assert geo.requests == []


@pytest.mark.parametrize(
    "accession",
    [
        "../../etc",
        "GSE7390/../../x",
        "GSE7390%2f",
        "GSE7390\x1b[2J",
        "GSE7390?",
        "GSE" + "9" * 99,
    ],
)
@pytest.mark.cause("odd-server")
def test_an_accession_that_is_none(geo, fetch, accession):
    assert "is not the accession of a GEO series" in fetch("geo", accession)
    assert geo.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "//127.0.0.1:9/x",
        "http://[",
        "\x1b[2J",
    ],
)
@pytest.mark.parametrize("address", [f"{MATRIX}/", MATRIX_FILE])
@pytest.mark.cause("redirects")
def test_a_redirect_away(geo, fetch, address, location):
    geo.put(address, b"", status=302, headers={"Location": location})
    fetch("geo", "GSE7390")


@pytest.mark.cause("redirects")
def test_a_redirect_without_end(geo, fetch):
    geo.put(f"{MATRIX}/", b"", status=302, headers={"Location": f"{MATRIX}/"})
    assert "redirects more than" in fetch("geo", "GSE7390")


@pytest.mark.parametrize("length", ["-1", "1e30", "\u00b2", "9" * 30, "abc"])
@pytest.mark.parametrize("etag", ['"x"', "\x1b[2J", '"' + "a" * 60_000 + '"'])
@pytest.mark.cause("odd-server")
def test_an_object_whose_headers_are_nonsense(portal, fetch, length, etag):  # noqa: F811
    services.put_project(portal, "TCGA-BRCA")
    page = portal.pages["/download/TCGA-BRCA.star_fpkm.tsv.gz"]
    page.headers |= {"ETag": etag, "Content-Length": length}
    page.chunked = True
    fetch("xena", "TCGA-BRCA", left=["TCGA-BRCA.clinical.tsv.gz"])


DATA = "data_mrna_illumina_microarray.txt"
ARCHIVE = "brca_metabric.tar.gz"


def member(name, content=b"x", kind=tarfile.REGTYPE, size=None, target=""):
    """A member of a tar, with a header that may say anything of its content."""
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, target
    header.size = len(content) if size is None else size
    padding = b"\x00" * (-len(content) % 512)
    return header.tobuf(tarfile.GNU_FORMAT) + content + padding


def archive(*members, end=b"\x00" * 1024):
    """A sound study, with further members after its own."""
    study = gzip.decompress(services.tar_gz(services.metabric()))
    return gzip.compress(study[: study.rindex(b"left behind") + 512] + b"".join(members) + end)


def properties(size, content=b""):
    return member("x", content, kind=tarfile.XHDTYPE, size=size)


@pytest.mark.parametrize(
    "content",
    [
        archive(member("../../escaped.txt")),
        archive(member("/tmp/escaped.txt")),
        archive(member("brca_metabric/../../escaped.txt")),
        archive(member("brca_metabric\\..\\..\\escaped.txt")),
        archive(member(f"brca_metabric/{DATA}", kind=tarfile.SYMTYPE, target="/etc/passwd")),
        archive(member("brca_metabric/x", kind=tarfile.LNKTYPE, target="/etc/passwd")),
        archive(member("brca_metabric/x", kind=tarfile.FIFOTYPE)),
        archive(member("brca_metabric/x", kind=tarfile.CHRTYPE)),
        archive(member(f"brca_metabric/{DATA}")),
        archive(*[member(f"brca_metabric/case_lists/{i}.txt") for i in range(20_000)]),
        archive(member("brca_metabric/x", size=1 << 60)),
        archive(member("brca_metabric/data_mrna_x.txt", size=(8 << 30) - 1)),
        archive(member("brca_metabric/x", size=-512)),
        archive(properties(1 << 33)),
        archive(properties(0) * 5_000),
        archive(properties(20, b"20 size=-1000000000\n")),
        archive(member("x", kind=tarfile.GNUTYPE_LONGNAME, size=1 << 33)),
        archive(member("brca_metabric/x", kind=tarfile.GNUTYPE_SPARSE, size=1 << 40)),
        archive(end=b"")[:-9],
        gzip.compress(b""),
        gzip.compress(b"<html>"),
        b"<html>503</html>",
        b"PK\x03\x04",
        b"",
    ],
    ids=[
        *("up", "absolute", "within", "backslashes", "link", "hard link", "pipe", "device"),
        *("twice", "many", "huge", "more than the disk", "negative", "properties", "chain"),
        *("odd properties", "long name", "sparse", "cut", "nothing", "page in gzip"),
        *("page", "zip", "empty"),
    ],
)
@pytest.mark.cause("archives")
def test_an_archive_that_lies(portal, fetch, content):  # noqa: F811
    portal.put_object("/brca_metabric.tar.gz", content, in_parts=True)
    said = fetch("cbioportal", "brca_metabric", left=["brca_metabric.tar.gz"])
    assert any(word in said for word in ("archive", "brca_metabric.tar.gz", "GB"))


@pytest.mark.parametrize("name", ["brca_metabric/data_mrna_x.txt", "brca_metabric/x", "y"])
@pytest.mark.parametrize("in_parts", [True, False])
@pytest.mark.cause("archives")
def test_an_archive_that_unfolds_without_end(portal, fetch, name, in_parts):  # noqa: F811
    header = member(name, b"", size=1_000_000_000)
    portal.put_object(
        "/brca_metabric.tar.gz", big(250_000_000, start=header), in_parts=in_parts
    )
    said = fetch("cbioportal", "brca_metabric", left=["brca_metabric.tar.gz"])
    assert "it was refused" in said


@pytest.mark.parametrize(
    "meta",
    [
        "data_filename: ../../../../etc/passwd\ndatatype: CONTINUOUS\n",
        "data_filename: /etc/passwd\ndatatype: CONTINUOUS\n",
        "data_filename: data_clinical_patient.txt\ndatatype: CONTINUOUS\n",
        "data_filename: \x1b[2J\ndatatype: \x1b]0;owned\x07\n",
        ":" * 1_000_000,
        "data_filename: " + "x" * 1_000_000,
        "\x00\xff" * 1_000,
    ],
)
def test_a_meta_file_names_nothing_but_files_of_the_archive(portal, fetch, meta):  # noqa: F811
    files = services.metabric() | {"meta_mrna_odd.txt": meta}
    portal.put_object("/brca_metabric.tar.gz", services.tar_gz(files))
    said = fetch("cbioportal", "brca_metabric", refused=False, left=[*files, ARCHIVE])
    assert "passwd" not in said
    assert f"/{DATA} --clinical-table" in said


@pytest.mark.parametrize(
    "table",
    [
        "PATIENT_ID" + "\tx" * 1_000_000 + "\n",
        "PATIENT_ID\n" + "a patient of the study\n" * 1_500_000,
        "PATIENT_ID\t" + "0" * 40_000_000,
        "\x00" * 1_000_000,
        "PATIENT_ID\tOS\n" + "P1\t1\n" * 100_000,
        "",
    ],
    ids=["wide", "long", "one cell", "no text", "one patient", "empty"],
)
def test_a_clinical_table_that_is_none_proposes_nothing(portal, fetch, table):  # noqa: F811
    files = services.metabric() | {"data_clinical_patient.txt": table}
    files["data_clinical_sample.txt"] = "SAMPLE_ID\n"
    portal.put_object("/brca_metabric.tar.gz", services.tar_gz(files))
    said = fetch("cbioportal", "brca_metabric", refused=False, left=[*files, ARCHIVE])
    assert "No label was found" in said


@pytest.mark.parametrize(
    "study", ["../x", "a/../b", "a%2f", "\x1b[2J", "a?x=1", "a#", "x" * 300, "..", "a\nb"]
)
@pytest.mark.cause("odd-server")
def test_a_study_or_project_that_is_none(portal, fetch, study):  # noqa: F811
    assert "is not the id of a cBioPortal study" in fetch("cbioportal", study)
    assert "is not the name of a GDC project" in fetch("xena", study)
    assert portal.requests == []
