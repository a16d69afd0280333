"""Whatever a server sends: `deepcme fetch` ends, within bounds, with one sentence."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time

import pytest
import stamina

from deepcme import DeepCMEError
from deepcme.cli.main import main
from deepcme.sources.gdc.api import GDCClient
from deepcme.sources.gdc.catalogue import project_catalogue
from tests.attacks.command import deepcme
from tests.attacks.hostile import Server, forever, redirecting, send, serving, with_content

pytestmark = pytest.mark.cause("endless-server")


def guarded(*values):
    """Cases that were withstood before."""
    return [pytest.param(value, marks=pytest.mark.guard) for value in values]


@pytest.fixture
def server():
    with serving(Server()) as server:
        yield server


@pytest.fixture(autouse=True)
def no_waiting():
    """Attempts follow each other at once."""
    with stamina.set_testing(True, attempts=6, cap=True):
        yield


@pytest.fixture
def fetch(server, tmp_path, monkeypatch, capsys):
    """Run `deepcme fetch gdc` here; gives its exit code and error, which is printable."""
    folder = tmp_path / "out"

    def run(*what):
        arguments = [*(what or ["TCGA-BRCA"]), "-o", folder, "--base-url", server.url]
        monkeypatch.setattr(sys, "argv", ["deepcme", "fetch", "gdc", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        error = capsys.readouterr().err
        assert all(letter.isprintable() or letter == "\n" for letter in error), repr(error)
        return code or 0, error

    run.folder = folder
    return run


def refused(outcome, *words):
    code, error = outcome
    assert code == 2, outcome
    lines = error.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("deepcme: "), error[:2000]
    assert len(lines[0]) < 500
    for word in words:
        assert re.search(word, lines[0]), f"{word!r} is not in {lines[0]!r}"


def files_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def complete(server, folder):
    return all(
        (folder / file_id / f"{file_id}.tsv").read_bytes() == content
        for file_id, content in server.contents.items()
    )


def one_file(server):
    """Leave one file, which comes bare; returns where it is asked for."""
    (file_id, *others) = server.contents
    for other in others:
        del server.contents[other]
    server.hits = server.hits[:1]
    return f"/data/{file_id}"


# Bodies of files


@pytest.mark.parametrize("start", [b"", b"\0" * 19_999, b"\0" * 20_000])
def test_a_file_without_end_is_cut_off_at_its_size(server, fetch, start):
    path = one_file(server)
    server.answers[path] = forever(b"x" * 1000, start=start)
    refused(fetch(), r"sends more than 20,000 bytes: it was cut off")
    assert files_in(fetch.folder) == ["samples.tsv"]
    assert server.requests.count(f"GET {path}") == 1


@pytest.mark.parametrize(
    "length", ["1000000000000", "99999999999999999999", *guarded("20001", "-5", "abc", "0")]
)
@pytest.mark.cause("odd-server")
def test_a_length_that_is_not_the_listed_one(server, fetch, length):
    def answer(request):
        send(request, b"", length=False, Content_Length=length)
        while True:
            request.wfile.write(b"x" * 1000)

    server.answers[one_file(server)] = answer
    refused(fetch())
    assert files_in(fetch.folder) == ["samples.tsv"]


def test_a_file_in_endless_chunks(server, fetch):
    def answer(request):
        send(request, b"", length=False, Transfer_Encoding="chunked")
        while True:
            request.wfile.write(b"400\r\n" + b"x" * 0x400 + b"\r\n")

    server.answers[one_file(server)] = answer
    refused(fetch(), "sends more than 20,000 bytes")


@pytest.mark.guard
def test_a_file_packed_on_the_way_is_not_unpacked(server, fetch):
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.answers[one_file(server)] = with_content(bomb, Content_Encoding="gzip")
    refused(fetch(), "sends more than 20,000 bytes|has .* bytes instead of")


@pytest.mark.cause("odd-server")
def test_a_broken_line_goes_on_where_it_broke(server, fetch):
    path = one_file(server)
    (content,) = server.contents.values()
    ranges = []

    def answer(request):
        ranges.append((request.headers["Range"], request.headers["If-Range"]))
        start = 15_000 if request.headers["Range"] else 0
        more = {"Content_Range": f"bytes {start}-19999/20000"} if start else {}
        send(
            request,
            content[start : start + 15_000],
            status=206 if start else 200,
            length=False,
            ETag='"v1"',
            Content_Length=str(20_000 - start),
            **more,
        )

    server.answers[path] = answer
    assert fetch()[0] == 0
    assert complete(server, fetch.folder)
    assert ranges == [(None, None), ("bytes=15000-", '"v1"')]


@pytest.mark.guard
@pytest.mark.parametrize(
    "content_range", ["bytes 0-19999/20000", "bytes 14999-19999/20000", "", "\x9b2J", "bytes"]
)
@pytest.mark.cause("odd-server")
def test_another_part_than_was_asked_for_is_not_put_together(server, fetch, content_range):
    path = one_file(server)
    (content,) = server.contents.values()

    def answer(request):
        if request.headers["Range"]:
            send(request, content, status=206, Content_Range=content_range)
        else:
            send(request, content[:9000], length=False, ETag='"v1"', Content_Length="20000")

    server.answers[path] = answer
    refused(fetch())
    assert files_in(fetch.folder) == ["samples.tsv"]


# Archives


def member(name, size=0, kind=tarfile.REGTYPE, **properties):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    for key, value in properties.items():
        setattr(info, key, value)
    return info


def archive_of(server, *more):
    return with_content(server.archive(server.contents, *more))


@pytest.mark.cause("archives")
def test_a_member_larger_than_listed_is_refused_at_its_header(server, fetch):
    (file_id, *_) = server.contents
    server.contents[file_id] = b"\0" * 30_000_000
    server.answers["/data"] = with_content(server.archive(server.contents))
    refused(fetch(), r"holds 30,000,000 bytes of .* instead of 20,000: it was refused")
    assert files_in(fetch.folder) == ["samples.tsv"]


@pytest.mark.cause("archives")
def test_a_bomb_beside_the_files(server, fetch):
    bomb = (member("MANIFEST.txt", 100_000_000), b"\0" * 100_000_000)
    server.answers["/data"] = archive_of(server, bomb)
    refused(fetch(), "goes on after .* bytes, more than was asked for")


@pytest.mark.parametrize("name", ["{}/annotations.txt", "MANIFEST.txt", "{}/{}.tsv", "x/y"])
@pytest.mark.cause("archives")
def test_thousands_of_members(server, fetch, name):
    (file_id, *_) = server.contents
    many = [(member(name.format(file_id, file_id)), b"")] * 5000
    server.answers["/data"] = archive_of(server, *many)
    refused(fetch(), "holds more than 28 entries, of which 3 were asked for")


@pytest.mark.guard
@pytest.mark.cause("archives")
def test_an_archive_without_end(server, fetch):
    server.answers["/data"] = forever(b"\0" * 10_000, start=server.archive(server.contents))
    code, _ = fetch()
    assert code == 0 and complete(server, fetch.folder)  # nothing of what follows is read


@pytest.mark.parametrize(
    "start",
    [
        gzip.compress(b"", mtime=0)[:10] + b"\x00\x00\x00\xff\xff",  # blocks of nothing
        *guarded(
            b"\x1f\x8b\x08\x08" + b"\0" * 6,  # a name without end
            b"",  # not packed at all
        ),
    ],
)
@pytest.mark.cause("archives")
def test_an_archive_that_brings_nothing(server, fetch, start):
    empty = b"\x00\x00\x00\xff\xff" if start else b"x"
    server.answers["/data"] = forever(empty * 1000, start=start)
    refused(fetch(), "goes on after|damaged or cut short")


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
@pytest.mark.parametrize("size", [100_000, 2**60, -1])
@pytest.mark.cause("archives")
def test_a_header_that_announces_a_long_name(server, fetch, kind, size):
    header = member("x", size, kind).tobuf(tarfile.GNU_FORMAT)
    body = gzip.compress(header + b"1" * 1_000_000)
    server.answers["/data"] = with_content(body)
    refused(fetch(), "holds a name or properties of .* bytes")


@pytest.mark.cause("archives")
def test_headers_of_headers_without_end(server, fetch):
    header = member("x", 20, tarfile.XHDTYPE).tobuf(tarfile.GNU_FORMAT)
    properties = b"20 comment=12345678\n".ljust(512, b"\0")
    server.answers["/data"] = with_content(gzip.compress((header + properties) * 100_000))
    refused(fetch(), "goes on after|damaged")


@pytest.mark.parametrize(
    "record",
    [
        b"size=" + b"9" * 30,
        *guarded(b"size=-5", b"size=x", b"path=../../x", b"path=/etc/x", b"path="),
    ],
)
@pytest.mark.cause("archives")
def test_properties_that_change_a_member(server, fetch, record):
    length = len(record) + 4
    properties = b"%d %s\n" % (length, record)
    header = member("x", len(properties), tarfile.XHDTYPE).tobuf(tarfile.GNU_FORMAT)
    inner = member("y", 5).tobuf(tarfile.GNU_FORMAT) + b"hello".ljust(512, b"\0")
    content = header + properties.ljust(512, b"\0") + inner + b"\0" * 1024
    server.answers["/data"] = with_content(gzip.compress(content))
    refused(fetch())
    assert files_in(fetch.folder) == ["samples.tsv"]


@pytest.mark.guard
@pytest.mark.parametrize("name", ["a\x1b[2J/../b", "../\x1b]0;x\x07", "/\x9b2J", "..\\..\\x\n"])
@pytest.mark.cause("escapes")
def test_a_member_name_is_not_printed_raw(server, fetch, name):
    server.answers["/data"] = archive_of(server, (member(name), b""))
    refused(fetch(), "points outside the folder")


@pytest.mark.parametrize(
    "kind",
    [b"S", *guarded(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)],
)
@pytest.mark.cause("archives")
def test_a_link_or_device(server, fetch, kind):
    (file_id, *_) = server.contents
    link = member(f"{file_id}/{file_id}.tsv", 0, kind, linkname="/etc/passwd")
    content = link.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024
    server.answers["/data"] = with_content(gzip.compress(content))
    refused(fetch(), "holds a link or device")


# Listings


def test_a_total_without_end(server, fetch):
    server.answers["/files"] = with_content(server.listing(total=10**15))
    refused(fetch(), r"the listing of /files is to have 1e\+15 entries|list 3 of")
    assert len(server.requests) < 10


@pytest.mark.parametrize("total", [*guarded(4), 1000])
def test_the_same_page_for_ever(server, fetch, total):
    server.answers["/files"] = with_content(server.listing(total=total))
    refused(fetch(), f"list 3 of {total:,} entries")
    assert len(server.requests) <= 12


def test_one_more_new_entry_on_each_page(server, fetch):
    n = iter(range(10**9))

    def answer(request):
        hit = {**server.hits[0], "file_id": f"{next(n):08d}"}
        send(request, server.listing([hit], total=90_000))

    server.answers["/files"] = answer
    refused(fetch(), "more than 1,000 pages")


def test_a_total_that_grows_with_the_pages(server, fetch):
    n = iter(range(10**9))

    def answer(request):
        page = next(n)
        hits = [{"file_id": f"{page:04d}{i:04d}"} for i in range(500)]
        send(request, server.listing(hits, total=500 * (page + 2)))

    server.answers["/files"] = answer
    refused(fetch(), "more than 100,000")


@pytest.mark.parametrize(
    "total",
    ["true", '"3"', "1e3", *guarded("-1", "1.5", "null", "[]", "NaN", "1" + "0" * 5000)],
)
@pytest.mark.cause("odd-server")
def test_totals_that_are_none(server, fetch, total):
    text = server.listing(total=77).decode().replace("77", total)
    server.answers["/files"] = with_content(text.encode())
    refused(fetch(), "the answer of /files makes no sense")


@pytest.mark.parametrize("piece", [b" ", b"[", b'{"data":', b"\xff"])
def test_json_without_end(server, fetch, piece):
    server.answers["/files"] = forever(piece * 100_000)
    refused(fetch(), "the answer of /files goes on after 32,000,000 bytes: it was cut off")


@pytest.mark.guard
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"data":' * 900 + b"1" + b"}" * 900,
        b'{"data": {"hits": [], "pagination": {"total": NaN}}}',
        b'"\\ud800"',
        b"\xff\xfe",
        b"",
        b"9" * 10_000,
        b"null",
        b'{"data": {"hits": [[]], "pagination": {"total": 1}}}',
    ],
)
@pytest.mark.cause("odd-server")
def test_json_that_is_none(server, fetch, content):
    server.answers["/files"] = with_content(content)
    refused(fetch(), "the answer of /files makes no sense")


@pytest.mark.guard
@pytest.mark.cause("odd-server")
def test_cases_nested_deep(server, fetch):
    deep = json.loads("[" * 400 + "]" * 400)
    server.answers["/cases"] = with_content(server.listing([{"case_id": "c", "x": deep}]))
    refused(fetch(), "the answer of /cases makes no sense")


def test_a_packed_listing_is_not_unpacked(server, fetch):
    bomb = gzip.compress(b" " * 100_000_000)
    server.answers["/files"] = with_content(bomb, Content_Encoding="gzip")
    refused(fetch(), "packed .'gzip'.")


BAD_SIZES = [
    "Infinity", "-Infinity", "-1", "1e999", "1.5", "true", "1" + "0" * 400, "1" + "0" * 16,
    *guarded("NaN", "null", '"many"', "[]", "{}", "1" + "0" * 5000),
]  # fmt: skip


@pytest.mark.parametrize("size", BAD_SIZES)
@pytest.mark.cause("odd-server")
def test_sizes_that_are_none(server, fetch, size):
    text = server.listing().decode().replace('"file_size": 20000', f'"file_size": {size}')
    server.answers["/files"] = with_content(text.encode())
    refused(fetch(), "makes no sense|without its name, size or MD5|an impossible size")
    assert not fetch.folder.exists() or not list(fetch.folder.iterdir())


@pytest.mark.cause("full-disk")
def test_more_than_the_disk_holds(server, fetch):
    server.hits[0]["file_size"] = 10**14
    refused(fetch(), r"100,000\.0 GB are to be fetched, and .* GB are free")


BAD_NAMES = [
    "n" * 300, "é" * 150, "a\0b", "a\nb", "a\x1b[2Jb", "a\x9b2Jb", ".bashrc", "-rf", "~root", " a",
    "a ", "a\u202eb", "C:x",
    *guarded("..", ".", "", "a/b", "../x", "/etc/passwd", "a\\b", "\ud800"),
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.cause("odd-server")
def test_names_that_no_file_should_have(server, fetch, name):
    server.hits[0]["file_name"] = name
    refused(fetch(), "is not a file name|makes no sense")
    assert not fetch.folder.exists() or not list(fetch.folder.iterdir())


@pytest.mark.parametrize("name", [None, 5, True, ["a"], {"a": 1}])
@pytest.mark.parametrize("field", [*guarded("file_name"), "md5sum"])
@pytest.mark.cause("odd-server")
def test_names_that_are_no_text(server, fetch, field, name):
    server.hits[0][field] = name
    refused(fetch(), "without its name, size or MD5")


@pytest.mark.guard
@pytest.mark.parametrize(
    "name", [None, 5, "short", "a" * 100, "../../../x", "aaaaaaaa\x1b", ["a"]]
)
@pytest.mark.cause("odd-server")
def test_ids_that_are_none(server, fetch, name):
    server.hits[0]["file_id"] = name
    refused(fetch(), "is not the id of a GDC file|has no file_id")


@pytest.mark.cause("odd-server")
def test_ids_that_differ_in_case_alone(server, fetch):
    for hit, file_id in zip(server.hits, ("AAAAAAAA", "aaaaaaaa"), strict=False):
        hit |= {"file_id": file_id, "file_name": "x.tsv"}
    refused(fetch(), "would be one on some disks")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-1+cmd", "+1+1"])
@pytest.mark.cause("formulas")
def test_formulas_in_the_sample_sheet(server, fetch, text):
    server.hits[0]["cases"][0]["submitter_id"] = text
    assert fetch()[0] == 0
    sheet = (fetch.folder / "samples.tsv").read_text()
    assert not re.search(r'(^|\t)"?[=@+\-]', sheet, re.MULTILINE)


@pytest.mark.parametrize(
    "row",
    [
        "aaaaaaaa\tx\t{md5}\t²", "aaaaaaaa\tx\t{md5}\t٣", "-rf-rf-rf\tx\t{md5}\t3",
        "aaaaaaaa\tx\t{md5}\t" + "9" * 5000, "aaaaaaaa\t" + "n" * 300 + "\t{md5}\t3",
        *guarded(
            "aaaaaaaa\tx\t{md5}\t-3", "aaaaaaaa\tx\t{md5}\t1e3", "aaaaaaaa\tx\t{md5}\tInfinity",
            "aaaaaaaa\tx\t\x1b[2J\t3", "aaaaaaa\x9b\tx\t{md5}\t3", "aaaaaaaa\ta\x00b\t{md5}\t3",
        ),
    ],
)  # fmt: skip
@pytest.mark.cause("odd-server")
def test_manifests(server, fetch, tmp_path, row):
    manifest = tmp_path / "manifest.txt"
    manifest.write_text("id\tfilename\tmd5\tsize\n" + row.format(md5="0" * 32) + "\n")
    refused(fetch("--manifest", manifest))
    assert server.requests == []


@pytest.mark.cause("escapes")
def test_a_name_of_a_manifest_reaches_neither_terminal_nor_disk_as_it_is(fetch, tmp_path):
    manifest = tmp_path / "manifest.txt"
    manifest.write_text(f"id\tfilename\tmd5\tsize\naaaaaaaa\ta\x1b[2Jb\t{'0' * 32}\t3\n")
    refused(fetch("--manifest", manifest))
    assert not [path for path in fetch.folder.rglob("*") if "\x1b" in path.name]


# Redirections


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.cause("redirects")
def test_redirections_without_end(server, fetch, status):
    server.answers["/files"] = redirecting("/files", status)
    refused(fetch(), "redirects more than 5 times")
    assert len(server.requests) <= 6


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "ftp://example.org/x", "http://example.org/x", "//example.org/x",
        "http://localhost:1/x", "http://user:word@127.0.0.1/x", "javascript:alert(1)", "http://",
        "http://[::1", *guarded("\x9b2J"), "data:text/plain,x", "gopher://x/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/files", "data"])
@pytest.mark.cause("redirects")
def test_redirections_elsewhere(server, fetch, path, location):
    path = one_file(server) if path == "data" else path
    server.answers[path] = redirecting(location)
    refused(fetch(), r"^deepcme: http://127\.0\.0\.1:\d+(/\S+ does not exist| redirects )")


@pytest.mark.cause("redirects")
def test_a_query_is_not_sent_to_another_site(server, fetch):
    server.answers["/files"] = redirecting("https://localhost:1/x", 307)
    refused(fetch(), "redirects to 'https://localhost:1/x': it was refused")


@pytest.mark.guard
@pytest.mark.cause("redirects")
def test_a_redirection_within_the_site_is_followed(server, fetch):
    path = one_file(server)
    (content,) = server.contents.values()
    server.answers[path] = redirecting("/elsewhere")
    server.answers["/elsewhere"] = with_content(content)
    assert fetch()[0] == 0 and complete(server, fetch.folder)


# Statuses and headers


@pytest.mark.guard
@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 404, 410, 418, 500, 599, 999])
@pytest.mark.cause("odd-server")
def test_statuses(server, fetch, status):
    server.answers["/files"] = with_content(b"", status=status)
    refused(fetch())


def raw(answer):
    def do(request):
        request.wfile.write(answer)

    return do


@pytest.mark.guard
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 \x1b[2J\r\n\r\n",
        b"HTTP/1.1 418 \x9b2Jteapot\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 100_000,
        b"HTTP/1.1 302 Found\r\nLocation: http://x\x1b[2J/\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"\x1b[2J\r\n" * 1000,
        b"",
    ],
)
@pytest.mark.cause("odd-server")
def test_heads_that_are_none(server, fetch, answer):
    server.answers["/files"] = raw(answer)
    refused(fetch())


@pytest.mark.parametrize("wait", ["100000", "1e300", "inf", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.cause("slow-server")
def test_a_server_that_wants_to_be_left_alone_for_long(server, fetch, wait):
    server.answers["/files"] = with_content(b"", status=503, Retry_After=wait)
    with stamina.set_testing(False):
        start = time.monotonic()
        refused(fetch(), r"was busy once .* run the command again in [\d,]+ seconds")
        assert time.monotonic() - start < 10


@pytest.mark.guard
@pytest.mark.parametrize("wait", ["nan", "-5", "Fri", "Fri, 31 Dec 1999 23:59:59 GMT", "\x9b"])
@pytest.mark.cause("slow-server")
def test_a_wait_that_is_none(server, fetch, wait):
    server.answers["/files"] = with_content(b"", status=503, Retry_After=wait)
    refused(fetch(), "was busy 6 times .* run the command again later")


# Speed

QUICK = {"seconds_to_answer": 0.3, "seconds_below": 0.3, "seconds_in_vain": 0.9}
HEAD = b"HTTP/1.1 200 OK\r\n"


def dripping(start, piece=b"1", pause=0.05):
    """An answer of which a byte comes now and then."""

    def answer(request):
        request.wfile.write(start)
        while True:
            request.wfile.write(piece)
            request.wfile.flush()
            time.sleep(pause)

    return answer


DRIPS = {
    "body": dripping(HEAD + b"\r\n"),
    "sized": dripping(HEAD + b"Content-Length: 20000\r\n\r\n"),
    "chunk": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "chunk's head": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;"),
    "trailer": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: "),
    "head": dripping(HEAD + b"X: "),
    "heads": dripping(HEAD, b"X: 1\r\n"),
    "status": dripping(b"HTTP/1.1 200 O"),
    "continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "nothing": lambda request: time.sleep(60),
    "half": lambda request: (
        send(request, b"x" * 10_000, length=False, Content_Length="20000"),
        request.wfile.flush(),
        time.sleep(60),
    ),
}


@pytest.mark.parametrize(
    ("path", "drip"),
    [
        *(("/files", drip) for drip in DRIPS),
        ("/data", "body"),
        ("/data", "half"),
        ("/cases", "head"),
    ],
)
@pytest.mark.cause("slow-server")
def test_an_answer_that_drips_is_given_up(server, tmp_path, drip, path):
    from deepcme.sources.fetching.limits import Limits

    server.answers[path] = DRIPS[drip]
    start = time.monotonic()
    with (
        GDCClient(server.url, limits=Limits(**QUICK)) as client,
        pytest.raises(
            DeepCMEError, match=r"did not begin within|at less than 1,000 bytes"
        ) as caught,
    ):
        download(client, tmp_path)
    assert time.monotonic() - start < 5
    assert len(str(caught.value).splitlines()) == 1
    assert files_in(tmp_path) == []


def download(client, folder):
    from deepcme.sources.gdc.download import download_files

    return download_files(client, project_catalogue(client, "TCGA-BRCA").files, folder)


@pytest.mark.cause("slow-server")
def test_a_reader_that_takes_its_time_is_not_held_against_the_server(server):
    from deepcme.sources.fetching.client import WebClient
    from deepcme.sources.fetching.limits import Limits

    server.answers["/slowly"] = with_content(b"x" * 1_000_000)
    with (
        WebClient(server.url, limits=Limits(**QUICK)) as client,
        client.stream("/slowly") as response,
    ):
        n_bytes = 0
        for number, chunk in enumerate(response.iter_raw()):
            n_bytes += len(chunk)
            if number < 2:
                time.sleep(0.8)
    assert n_bytes == 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.parametrize("path", ["/files", "/data"])
@pytest.mark.cause("slow-server")
def test_the_command_gives_up_within_a_minute(server, tmp_path, drip, path):
    server.answers[path] = DRIPS[drip]
    outcome = deepcme("fetch", "gdc", "X", "-o", tmp_path, "--base-url", server.url)
    outcome.require_one_sentence("run the command again later")


# The folder


def fetching(server, folder):
    arguments = ["fetch", "gdc", "X", "-o", str(folder), "--base-url", server.url]
    main_of = "from deepcme.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", main_of, *arguments], stderr=subprocess.PIPE, text=True
    )


@pytest.mark.cause("two-fetches")
def test_two_fetches_share_a_folder(server, tmp_path):
    both = threading.Barrier(2, timeout=30)
    content = server.archive(server.contents)

    def answer(request):
        send(request, content[:1000], length=False, Content_Length=str(len(content)))
        request.wfile.flush()
        both.wait()  # both have begun, and write at once
        for start in range(1000, len(content), 1000):
            request.wfile.write(content[start : start + 1000])
            request.wfile.flush()

    server.answers["/data"] = answer
    fetches = [fetching(server, tmp_path) for _ in range(2)]
    errors = [fetch.communicate(timeout=60)[1] for fetch in fetches]
    assert [fetch.returncode for fetch in fetches] == [0, 0], errors
    assert complete(server, tmp_path)
    assert len(files_in(tmp_path)) == 4  # and samples.tsv


@pytest.mark.parametrize("path", ["/data", "bare"])
@pytest.mark.cause("leftovers")
def test_what_a_killed_fetch_leaves_is_removed(server, fetch, path):
    path = one_file(server) if path == "bare" else path
    begun = threading.Event()

    def answer(request):
        content = server.archive(server.contents) if path == "/data" else b"x" * 15_000
        send(request, content[: -len(content) // 3], length=False)
        request.wfile.flush()
        begun.set()
        time.sleep(30)

    server.answers[path] = answer
    killed = fetching(server, fetch.folder)
    assert begun.wait(30)
    while not list(fetch.folder.glob(".deepcme-*.partial")):
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert list(fetch.folder.glob(".deepcme-*.partial"))
    server.answers.clear()
    assert fetch()[0] == 0
    assert complete(server, fetch.folder)
    assert not list(fetch.folder.rglob(".*"))


@pytest.mark.cause("two-fetches")
def test_what_a_living_fetch_writes_stays(server, fetch):
    from deepcme.base.progress import SilentByteCount
    from deepcme.sources.fetching.partials import Partial

    fetch.folder.mkdir()
    with Partial(fetch.folder, SilentByteCount(), 100, "x") as partial:
        partial.write(b"abc")
        assert fetch()[0] == 0
        assert partial.path.exists()
    assert not partial.path.exists()


@pytest.mark.cause("leftovers")
def test_what_another_computer_left_goes_after_a_day(server, fetch):
    fetch.folder.mkdir()
    old, young, other = (
        fetch.folder / f".deepcme-{name}.partial"
        for name in ("00000000-1-00000000", "00000000-2-00000000", "notes")
    )
    for path in (old, young, other):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert fetch()[0] == 0
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a file", "out: there is a file here where a folder is to be"),
        ("below a file", "0001: this is there already"),
        ("a folder in a file's place", r"0001\.tsv: this is a folder, where a file is to be"),
    ],
)
@pytest.mark.cause("refused-path")
def test_a_folder_that_cannot_be_written(server, fetch, what, words):
    (file_id, *_) = server.contents
    if what == "a file":
        fetch.folder.write_bytes(b"")
    elif what == "below a file":
        fetch.folder.mkdir()
        (fetch.folder / file_id).write_bytes(b"")
    else:
        (fetch.folder / file_id / f"{file_id}.tsv").mkdir(parents=True)
    refused(fetch(), words)


@pytest.mark.parametrize("n_files", [1, 3])
@pytest.mark.cause("full-disk")
def test_a_disk_that_fills_up(server, tmp_path, n_files):
    if n_files == 1:
        one_file(server)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"
    ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    run = subprocess.run(
        [
            sys.executable, "-c", f"{limit}; {ignore}; from deepcme.cli.main import main; main()",
            "fetch", "gdc", "X", "-o", str(tmp_path), "--base-url", server.url,
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    refused((run.returncode, run.stderr), "the file grew larger than is allowed")
    assert files_in(tmp_path) == ["samples.tsv"]


@pytest.mark.cause("odd-server")
def test_attempts_are_not_told_in_the_words_of_a_library(server, tmp_path):
    server.answers["/files"] = with_content(b"null", status=503, Retry_After="0.01")
    outcome = deepcme(
        *("fetch", "gdc", "TCGA-BRCA", "--base-url", server.url, "-o", tmp_path / "out")
    )
    outcome.require_one_sentence("was busy 6 times")
