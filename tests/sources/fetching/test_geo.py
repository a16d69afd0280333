"""From the accession of a series to files, each whole, and to the command that reads them."""

import gzip

import pytest

from deepcme import Cohort
from tests.sources.fetching import services
from tests.sources.fetching.portal import Portal, next_command, serving

AFTER_5_YEARS = "--time t.tdm --event e.tdm --time-unit days --horizon 1826.25 --drop-censored"


@pytest.fixture
def geo(portal):
    """A series of arrays, one of two kinds of arrays, and a sequencing series."""
    arrays = services.lognormal()
    portal.matrices = services.put_series(
        portal, "GSE7390", {"GPL96": services.series_matrix("GSE7390", "GPL96", arrays)}
    )
    services.put_series(
        portal,
        "GSE999",
        {
            "GPL96": services.series_matrix("GSE999", "GPL96", arrays),
            "GPL10558": services.series_matrix("GSE999", "GPL10558", arrays, first=500),
            "GPL11154": services.series_matrix("GSE999", "GPL11154", None, first=900),
        },
    )
    services.put_series(
        portal, "GSE123456", {"GPL11154": services.series_matrix("GSE123456", "GPL11154", None)}
    )
    portal.annotation = services.put_annotation(portal, "GPL96")
    portal.platform = services.put_platform_record(portal, "GPL10558")
    portal.counts = services.put_counts(portal, "GSE123456")
    return portal


def at(portal):
    return "--base-url", portal.url


def fetched(portal):
    """Addresses of files that were asked for, without records and index pages."""
    return [
        address
        for address in portal.asked()
        if "view=brief" not in address and not address.endswith("/")
    ]


def audited(deepcme, said, outcome, tmp_path):
    """The cohort of the command that was told, after an audit of it."""
    arguments = next_command(said, outcome)
    cohort = tmp_path / "c.h5ad"
    assert arguments[-2:] == ["-o", "cohort.h5ad"]
    deepcme.succeeded(*arguments[:-1], cohort)
    assert "DCM0" in deepcme.succeeded("audit", cohort)
    return Cohort.load(cohort)


def test_a_series_of_arrays_from_its_accession_to_an_audit(geo, deepcme, tmp_path):
    folder = tmp_path / "the series"
    said = deepcme.succeeded("fetch", "geo", "gse7390", "-o", folder, *at(geo))
    assert "2 files, all verified; 2 downloaded now, 0 were there" in said
    assert "  --time t.tdm --event e.tdm --time-unit ..." in said
    assert sorted(path.name for path in folder.iterdir()) == [
        "GPL96.annot.gz",
        "GSE7390_series_matrix.txt.gz",
    ]
    cohort = audited(deepcme, said, AFTER_5_YEARS, tmp_path)
    assert cohort.name == "GSE7390"
    assert cohort.gene_ids.tolist()[:2] == ["TP53", "EGFR"]
    assert (cohort.n_samples, cohort.n_positives, cohort.scale) == (60, 20, "log2")


def test_a_sequencing_series_with_the_counts_of_ncbi_to_an_audit(geo, deepcme, tmp_path):
    said = deepcme.succeeded("fetch", "geo", "GSE123456", "-o", tmp_path / "s", *at(geo))
    assert "3 files, all verified" in said
    cohort = audited(deepcme, said, AFTER_5_YEARS, tmp_path)
    assert cohort.scale == "counts"
    assert (cohort.n_samples, cohort.n_genes, cohort.n_positives) == (60, 45, 20)
    assert "TP53" in cohort.symbols.tolist() + cohort.gene_ids.tolist()


def test_a_second_run_downloads_nothing(geo, deepcme, tmp_path):
    for accession, n in (("GSE7390", 2), ("GSE123456", 3)):
        arguments = ("fetch", "geo", accession, "-o", tmp_path / accession, *at(geo))
        first = deepcme.succeeded(*arguments)
        geo.requests.clear()
        second = deepcme.succeeded(*arguments)
        assert fetched(geo) == []
        assert f"0 downloaded now, {n} were there" in second
        assert next_command(second, "x") == next_command(first, "x")


def test_several_platforms_are_a_question(geo, deepcme, tmp_path):
    arguments = ("fetch", "geo", "GSE999", "-o", tmp_path, *at(geo))
    said = deepcme.refused(*arguments)
    assert "GSE999 is on 3 platforms: choose with --platform" in said
    assert "GPL96, GPL10558, GPL11154" in said
    assert fetched(geo) == []
    said = deepcme.refused(*arguments, "--platform", "GPL570")
    assert "GSE999 is not on GPL570: choose with --platform" in said
    both = ("--platform", "gpl10558", "--platform", "GPL96")
    said = deepcme.succeeded(*arguments, *both)
    assert "4 files, all verified" in said
    assert geo.platform in geo.asked()
    cohort = audited(deepcme, said, AFTER_5_YEARS, tmp_path)
    assert (cohort.n_samples, cohort.n_genes) == (120, 45)
    assert set(cohort.obs["batch"]) == {"GPL96", "GPL10558"}


def test_platforms_with_and_without_values_are_not_mixed(geo, deepcme, tmp_path):
    kinds = ("--platform", "GPL96", "--platform", "GPL11154")
    said = deepcme.refused("fetch", "geo", "GSE999", *kinds, "-o", tmp_path, *at(geo))
    assert "series matrix of GPL11154 holds no values" in said


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_sequencing_series_without_counts(geo, deepcme, tmp_path, status):
    page = {"headers": {"Content-Type": "text/html; charset=utf-8"}, "status": status}
    geo.put(geo.counts[0], "<html>Not found</html>", **page)
    said = deepcme.refused("fetch", "geo", "GSE123456", "-o", tmp_path, *at(geo))
    assert "NCBI has no counts of it" in said
    assert "/geo/series/GSE123nnn/GSE123456/suppl/" in said
    assert "as --counts" in said


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        (
            'Accession "GSE7390" is currently private and is scheduled to be released on '
            "Aug 28, 2028.",
            "GSE7390 is private: GEO will release it on Aug 28, 2028",
        ),
        (
            'Accession "GSE7390" was deleted by the GEO staff on Feb 16, 2018.',
            "GSE7390 was withdrawn from GEO",
        ),
        (
            'Could not find a public or private accession "GSE7390"',
            "GEO knows no public series GSE7390",
        ),
        ("The site is under maintenance", "something else than the record of GSE7390"),
    ],
)
def test_a_series_that_geo_does_not_show(geo, deepcme, tmp_path, why, sentence):
    services.put_no_record(geo, "GSE7390", why)
    assert sentence in deepcme.refused("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    assert list(tmp_path.iterdir()) == []


def test_a_superseries_is_fetched_in_its_parts(geo, deepcme, tmp_path):
    relations = ["BioProject: x", "SuperSeries of: GSE25055", "SuperSeries of: GSE25065"]
    services.put_record(geo, "GSE25066", ["GPL96"], relations)
    said = deepcme.refused("fetch", "geo", "GSE25066", "-o", tmp_path, *at(geo))
    assert "GSE25066 is a SuperSeries of GSE25055, GSE25065" in said
    assert "deepcme prepare merge" in said


def test_a_part_of_a_superseries_is_a_series(geo, deepcme, tmp_path):
    services.put_record(geo, "GSE7390", ["GPL96"], ["SubSeries of: GSE25066"])
    deepcme.succeeded("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))


def test_a_long_series_in_several_files(geo, deepcme, tmp_path):
    (address,) = geo.matrices
    folder = address.rpartition("/")[0]
    names = [f"GSE7390_series_matrix-{n}.txt.gz" for n in (1, 2)]
    geo.put(f"{folder}/", services.directory(folder, names))
    for n, name in enumerate(names):
        text = services.series_matrix("GSE7390", "GPL96", services.lognormal(), first=100 * n)
        geo.put(f"{folder}/{name}", gzip.compress(text.encode()))
    said = deepcme.succeeded("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    assert "3 files, all verified" in said
    assert audited(deepcme, said, AFTER_5_YEARS, tmp_path).n_samples == 120


@pytest.mark.parametrize("fault", ["busy", "cut", "damaged"])
@pytest.mark.usefixtures("no_waiting")
def test_a_passing_fault_is_outlived(geo, deepcme, tmp_path, fault):
    for address in (*geo.matrices, geo.annotation, *geo.counts):
        geo.faults[address] = [fault, fault]
    deepcme.succeeded("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    deepcme.succeeded("fetch", "geo", "GSE123456", "-o", tmp_path, *at(geo))


@pytest.mark.parametrize("fault", ["busy", "cut", "damaged"])
@pytest.mark.usefixtures("no_waiting")
def test_an_interrupted_run_goes_on_where_it_stopped(geo, deepcme, tmp_path, fault):
    geo.faults[geo.annotation] = [fault] * 6
    arguments = ("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    said = deepcme.refused(*arguments)
    assert "run the command again" in said
    assert [path.name for path in tmp_path.iterdir()] == ["GSE7390_series_matrix.txt.gz"]
    geo.requests.clear()
    said = deepcme.succeeded(*arguments)
    assert "1 downloaded now, 1 were there" in said
    assert fetched(geo) == [geo.annotation]


@pytest.mark.usefixtures("no_waiting")
def test_a_text_without_its_end_is_cut_short(geo, deepcme, tmp_path):
    (address,) = geo.matrices
    text = gzip.decompress(geo.pages[address].content)
    geo.put(address, gzip.compress(text[: len(text) // 2]))
    said = deepcme.refused("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    assert "does not end with !series_matrix_table_end" in said
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_damaged_since_is_fetched_again(geo, deepcme, tmp_path):
    arguments = ("fetch", "geo", "GSE7390", "-o", tmp_path, *at(geo))
    deepcme.succeeded(*arguments)
    path = tmp_path / "GSE7390_series_matrix.txt.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-20] + bytes(20))
    assert "1 downloaded now, 1 were there" in deepcme.succeeded(*arguments)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "accession", ["GPL96", "GSE", "GSE01", "7390", "GSE7390/../x", "GSE\N{FULLWIDTH DIGIT ONE}"]
)
def test_what_is_no_series_is_not_asked_for(geo, deepcme, tmp_path, accession):
    said = deepcme.refused("fetch", "geo", accession, "-o", tmp_path, *at(geo))
    assert "is not the accession of a GEO series, such as GSE7390" in said
    assert geo.requests == []


def test_quiet_says_nothing(geo, deepcme, tmp_path):
    assert deepcme.succeeded("fetch", "geo", "GSE7390", "-q", "-o", tmp_path, *at(geo)) == ""


def test_records_may_be_elsewhere_and_the_folder_is_named_after_the_series(
    geo, deepcme, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    record = geo.pages.pop(services.record_address("GSE7390"))
    with serving(Portal()) as records:
        records.pages[services.record_address("GSE7390")] = record
        deepcme.succeeded(
            "fetch", "geo", "GSE7390", "--base-url", geo.url, "--records-url", records.url
        )
        assert records.asked() == [services.record_address("GSE7390")]
    assert (tmp_path / "GSE7390" / "GSE7390_series_matrix.txt.gz").is_file()


def test_a_server_that_tells_nothing_of_files_before_they_come(geo, deepcme, tmp_path):
    geo.answers_head = False
    arguments = ("fetch", "geo", "GSE123456", "-o", tmp_path, *at(geo))
    deepcme.succeeded(*arguments)
    assert "0 downloaded now, 3 were there" in deepcme.succeeded(*arguments)
