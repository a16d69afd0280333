"""Whatever the server does: a complete, verified download, or one clear sentence."""

import hashlib
import json
import time

import pytest

from deepcme import DeepCMEError
from deepcme.sources.gdc.api import GDCClient
from deepcme.sources.gdc.catalogue import manifest_catalogue, project_catalogue, read_manifest
from deepcme.sources.gdc.download import RemoteFile, download_files


def fetch(gdc, folder, project="TCGA-BRCA"):
    with GDCClient(gdc.url) as client:
        catalogue = project_catalogue(client, project)
        catalogue.save(folder)
        return download_files(client, catalogue.files, folder)


def complete(gdc, folder):
    """Whether every file is there with the bytes that the server has, and nothing else is."""
    expected = {
        folder / file_id / hit["file_name"]: content
        for file_id, (hit, content) in gdc.files.items()
    }
    found = {path for path in folder.rglob("*") if path.is_file()}
    sheets = {folder / "samples.tsv", folder / "cases.json"}
    return found - sheets == set(expected) and all(
        path.read_bytes() == content for path, content in expected.items()
    )


def verified_only(gdc, folder):
    """Whether whatever has a final name has the right bytes."""
    return all(
        hashlib.md5(path.read_bytes()).hexdigest() == gdc.files[path.parent.name][0]["md5sum"]
        for path in folder.glob("*/*")
    )


def refused(call, match):
    with pytest.raises(DeepCMEError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_project_is_listed_page_by_page_and_downloaded_in_one_archive(gdc, tmp_path):
    counts = fetch(gdc, tmp_path)
    assert complete(gdc, tmp_path)
    assert (counts.n_present, counts.n_fetched) == (0, 12)
    assert gdc.n_requests("/files") == 2
    assert gdc.n_requests("/data") == 1
    query = gdc.requests[0][1]
    assert "STAR - Counts" in json.dumps(query["filters"])
    assert "open" in json.dumps(query["filters"])
    assert query["sort"] == "file_id:asc"


def test_a_single_file_comes_bare(gdc, tmp_path):
    (first, *_) = gdc.files
    manifest = gdc.manifest(tmp_path / "manifest.txt", [first])
    with GDCClient(gdc.url) as client:
        catalogue = manifest_catalogue(client, manifest)
        download_files(client, catalogue.files, tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*/*")
    assert path.read_bytes() == gdc.files[first][1]
    assert catalogue.samples["patient"].tolist() == ["TCGA-A0-0000"]
    assert [case["submitter_id"] for case in catalogue.cases] == ["TCGA-A0-0000"]


def test_a_second_run_downloads_only_what_is_missing(gdc, tmp_path):
    fetch(gdc, tmp_path)
    ids = list(gdc.files)
    lost, damaged = (tmp_path / i / gdc.files[i][0]["file_name"] for i in (ids[3], ids[7]))
    lost.unlink()
    damaged.write_bytes(b"?" + damaged.read_bytes()[1:])
    gdc.requests.clear()
    counts = fetch(gdc, tmp_path)
    assert gdc.downloaded() == [ids[3], ids[7]]
    assert (counts.n_present, counts.n_fetched) == (10, 2)
    assert complete(gdc, tmp_path)
    gdc.requests.clear()
    fetch(gdc, tmp_path)
    assert gdc.downloaded() == []


@pytest.mark.parametrize("fault", ["busy", "too many", "cut", "truncated", "wrong md5"])
@pytest.mark.usefixtures("no_waiting")
def test_a_passing_fault_is_outlived(gdc, tmp_path, fault):
    gdc.faults["/data"] = [fault, fault]
    fetch(gdc, tmp_path)
    assert gdc.n_requests("/data") > 1
    assert complete(gdc, tmp_path)


@pytest.mark.parametrize("fault", ["cut", "truncated", "wrong md5"])
@pytest.mark.usefixtures("no_waiting")
def test_what_arrived_whole_is_not_asked_for_again(gdc, tmp_path, fault):
    gdc.faults["/data"] = [fault]
    fetch(gdc, tmp_path)
    first, second = (body for path, body in gdc.requests if path == "/data")
    assert len(first) == 12
    assert 0 < len(second) < 12


@pytest.mark.usefixtures("no_waiting")
def test_a_line_that_always_breaks_still_gets_there_bit_by_bit(gdc, tmp_path):
    gdc.forever["/data"] = "truncated"
    fetch(gdc, tmp_path)
    assert complete(gdc, tmp_path)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("busy", r"was busy 6 times \(503 Service Unavailable\); run the command again later"),
        ("too many", r"was busy 6 times \(429"),
        ("hang up", "broke off, 6 times .*check the network and run the command again"),
        ("stub", "an archive was damaged or cut short, after 6 attempts"),
        ("wrong md5", "has another MD5 than was listed, after 6 attempts"),
        ("forbidden", "refused access .403 Forbidden.: only open-access"),
        ("climb", r"points outside the folder \('\.\./\.\./escaped\.txt'\): it was refused"),
        ("link", "holds a link or device .* refused"),
    ],
)
@pytest.mark.usefixtures("no_waiting")
def test_a_lasting_fault_is_one_sentence_and_leaves_nothing_unverified(
    gdc, tmp_path, fault, sentence
):
    gdc.forever["/data"] = fault
    folder = tmp_path / "inner" / "folder"
    refused(lambda: fetch(gdc, folder), sentence)
    assert verified_only(gdc, folder)
    assert not list(tmp_path.rglob("escaped.txt"))
    gdc.forever["/data"] = None
    fetch(gdc, folder)
    assert complete(gdc, folder)


@pytest.mark.parametrize("fault", ["cut", "wrong md5"])
@pytest.mark.usefixtures("no_waiting")
def test_faults_of_a_bare_file(gdc, tmp_path, fault):
    (first, *_) = gdc.files
    files = read_manifest(gdc.manifest(tmp_path / "manifest.txt", [first]))
    gdc.faults["/data"] = [fault]
    with GDCClient(gdc.url) as client:
        download_files(client, files, tmp_path / "out")
        assert verified_only(gdc, tmp_path / "out")
        gdc.forever["/data"] = fault
        refused(lambda: download_files(client, files, tmp_path / "other"), "6 (times|attempts)")
    assert not list((tmp_path / "other").glob("*/*"))


@pytest.mark.parametrize("fault", ["busy", "repeat", "nonsense"])
@pytest.mark.usefixtures("no_waiting")
def test_listings_that_go_wrong_are_asked_for_again(gdc, tmp_path, fault):
    gdc.faults["/files"] = ["", fault]
    gdc.faults["/cases"] = ["", fault]
    fetch(gdc, tmp_path)
    assert complete(gdc, tmp_path)
    assert len(json.loads((tmp_path / "cases.json").read_text())) == 12


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("repeat", "pages of /files list 11 of 12 entries, some of them twice, after 6"),
        ("nonsense", "the answer of /files makes no sense, after 6"),
    ],
)
@pytest.mark.usefixtures("no_waiting")
def test_listings_that_stay_wrong_are_refused(gdc, tmp_path, fault, sentence):
    gdc.forever["/files"] = fault
    refused(lambda: fetch(gdc, tmp_path), sentence)
    assert list(tmp_path.iterdir()) == []


def test_the_server_says_how_long_to_wait(gdc):
    gdc.faults["/files"] = ["busy"]  # Retry-After: 0.05
    start = time.monotonic()
    with GDCClient(gdc.url, first_wait=60) as client:
        project_catalogue(client, "TCGA-BRCA")
    assert 0.05 < time.monotonic() - start < 30


@pytest.mark.usefixtures("no_waiting")
def test_no_server_and_no_address(tmp_path):
    with GDCClient("http://127.0.0.1:9") as client:
        refused(lambda: project_catalogue(client, "TCGA-BRCA"), "could not be reached")
    with GDCClient("gdc") as client:
        refused(lambda: project_catalogue(client, "TCGA-BRCA"), "'gdc' is not a web address")


def test_an_unknown_project(gdc, tmp_path):
    refused(lambda: fetch(gdc, tmp_path, "TCGA-XXXX"), "no open-access .* project 'TCGA-XXXX'")


def test_files_that_left_the_index_are_still_served(gdc, tmp_path):
    manifest = gdc.manifest(tmp_path / "manifest.txt")
    gdc.faults["/files"] = []
    removed = list(gdc.files)[:2]
    hits = {file_id: gdc.files[file_id][0] for file_id in removed}
    for hit in hits.values():
        hit["file_id"] = "removed"
    with GDCClient(gdc.url) as client:
        catalogue = manifest_catalogue(client, manifest)
        assert (len(catalogue.files), len(catalogue.samples)) == (12, 10)
        for file_id, hit in hits.items():
            hit["file_id"] = file_id
        download_files(client, catalogue.files, tmp_path / "out")
    assert complete(gdc, tmp_path / "out")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a-b-c-d-e-f\t../x\t{md5}\t3\tok", "'../x' is not a file name"),
        ("../../a\tx\t{md5}\t3\tok", "'../../a' is not the id"),
        ("a-b-c-d-e-f\tx\tno\t3\tok", "'no' is not an MD5"),
        ("a-b-c-d-e-f\tx\t{md5}\tmany\tok", "row 2 has the size 'many'"),
    ],
)
def test_a_manifest_is_checked(tmp_path, line, sentence):
    path = tmp_path / "manifest.txt"
    path.write_text("id\tfilename\tmd5\tsize\tstate\n" + line.format(md5="0" * 32) + "\n")
    refused(lambda: read_manifest(path), sentence)


def test_a_manifest_without_its_columns(tmp_path):
    path = tmp_path / "manifest.txt"
    path.write_text("id\tfilename\nx\ty\n")
    refused(lambda: read_manifest(path), r"manifest\.txt: there is no column 'md5'")


def test_the_manifest_of_an_archive_names_folders(tmp_path):
    path = tmp_path / "MANIFEST.txt"
    path.write_text(
        f"id\tfilename\tmd5\tsize\tstate\nabc-def-1\tabc-def-1/x.gz\t{'a' * 32}\t7\tok\n"
    )
    assert read_manifest(path) == [RemoteFile("abc-def-1", "x.gz", 7, "a" * 32)]
