"""Files of any service: left where they are whole, fetched whole, or one sentence."""

import gzip

import pytest
import stamina

from deepcme import DeepCMEError
from deepcme.base.progress import SilentByteCount
from deepcme.sources.fetching.client import IncompleteError, WebClient
from deepcme.sources.fetching.files import DownloadCounts, WebFile, fetch_files
from tests.attacks.hostile import Server, forever, send, serving, with_content

TEXT = b"gene\tS1\nTP53\t1.5\n" * 100
PACKED = gzip.compress(TEXT, mtime=0)


@pytest.fixture
def server():
    with serving(Server()) as server, stamina.set_testing(True, attempts=6, cap=True):
        yield server


@pytest.fixture
def fetch(server, tmp_path):
    def run(*files, **options):
        with WebClient(server.url) as client:
            return fetch_files(client, files, tmp_path, **options)

    return run


def refused(call, match):
    with pytest.raises(DeepCMEError, match=match) as caught:
        call()
    assert len(str(caught.value).splitlines()) == 1


def asked(server, method):
    return sum(request.startswith(method) for request in server.requests)


def test_a_file_is_fetched_once(server, fetch, tmp_path):
    server.answers["/x"] = with_content(PACKED)
    file = WebFile("/x", "matrices/x.tsv.gz")
    assert fetch(file) == DownloadCounts(n_present=0, n_fetched=1)
    assert (tmp_path / "matrices" / "x.tsv.gz").read_bytes() == PACKED
    assert fetch(file) == DownloadCounts(n_present=1, n_fetched=0)
    assert (asked(server, "HEAD"), asked(server, "GET")) == (2, 1)


@pytest.mark.parametrize(
    "damaged", [PACKED[:-1], PACKED[:-4] + b"\0\0\0\0", b"\0" * len(PACKED), PACKED + b"x", b""]
)
def test_a_damaged_file_is_fetched_again(server, fetch, tmp_path, damaged):
    server.answers["/x"] = with_content(PACKED)
    (tmp_path / "x.gz").write_bytes(damaged)
    assert fetch(WebFile("/x", "x.gz")).n_fetched == 1
    assert (tmp_path / "x.gz").read_bytes() == PACKED


def test_a_file_that_has_grown_since_is_fetched_again(server, fetch, tmp_path):
    (tmp_path / "x.txt").write_bytes(TEXT)
    server.answers["/x"] = with_content(TEXT + TEXT)
    fetch(WebFile("/x", "x.txt"))
    assert (tmp_path / "x.txt").read_bytes() == TEXT + TEXT


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_server_that_tells_no_size_beforehand(server, fetch, tmp_path, status):
    def answer(request):
        if request.command == "HEAD":
            send(request, b"", status=status)
        else:
            request.send_response_only(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT))

    server.answers["/x"] = answer
    file = WebFile("/x", "x.txt")
    if status == 501:
        refused(lambda: fetch(file), "was busy")
        return
    fetch(file)
    assert (tmp_path / "x.txt").read_bytes() == TEXT
    assert fetch(file).n_present == 1


def test_an_answer_that_ends_with_the_connection_could_be_cut_short(server, fetch, tmp_path):
    server.answers["/x"] = with_content(TEXT, length=False)
    refused(lambda: fetch(WebFile("/x", "x.txt")), "comes without a word of where it ends")
    fetch(WebFile("/x", "y.txt", size=len(TEXT)))  # known beforehand
    server.answers["/x"] = with_content(PACKED, length=False)
    fetch(WebFile("/x", "x.gz"))  # tells its end itself
    server.answers["/x"] = with_content(PACKED[:-3], length=False)
    refused(lambda: fetch(WebFile("/x", "z.gz")), "cut short .gzip., after 6 attempts")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.gz", "y.txt"]


def test_the_ceiling_holds_where_no_size_is_known(server, fetch, tmp_path):
    server.answers["/x"] = with_content(TEXT)
    refused(lambda: fetch(WebFile("/x", "x.txt"), ceiling=1000), "is to send 1,700 bytes, more")

    def endless(request):
        send(request, b"", length=False, Transfer_Encoding="chunked")
        while request.command == "GET":
            request.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")

    server.answers["/x"] = endless
    refused(lambda: fetch(WebFile("/x", "x.txt"), ceiling=10_000), "more than 10,000 bytes")
    server.answers["/x"] = forever(b"x" * 1000)
    refused(lambda: fetch(WebFile("/x", "x.gz"), ceiling=10_000), "more than 10,000 bytes")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_none(server, fetch):
    server.answers["/x"] = with_content(b"")
    refused(lambda: fetch(WebFile("/x", "x.txt")), "is empty")


def test_a_page_that_says_it_is_packed(server, fetch, tmp_path):
    server.answers["/x"] = with_content(PACKED, Content_Encoding="gzip")
    refused(lambda: fetch(WebFile("/x", "x.txt")), "comes packed, which was not asked for")
    fetch(WebFile("/x", "x.txt.gz"))  # some say so of files that are stored so
    assert (tmp_path / "x.txt.gz").read_bytes() == PACKED


def test_a_small_file_that_unfolds_without_end(server, fetch, tmp_path):
    bomb = gzip.compress(b"\0" * 120_000_000, compresslevel=1)
    server.answers["/x"] = with_content(bomb)
    refused(lambda: fetch(WebFile("/x", "x.gz")), "unfolds to more than")
    assert list(tmp_path.iterdir()) == []


def test_a_check_of_ones_own(server, fetch, tmp_path):
    answers = [TEXT, TEXT + b"!end\n"]

    def answer(request):
        send(
            request,
            answers[min(asked(server, "GET"), 2) - 1] if request.command == "GET" else b"",
        )

    def ends(file, path):
        if not path.read_bytes().endswith(b"!end\n"):
            raise IncompleteError(f"{file.name} lacks its last line")

    server.answers["/x"] = answer
    assert fetch(WebFile("/x", "x.txt"), check=ends).n_fetched == 1
    assert (tmp_path / "x.txt").read_bytes() == answers[1]
    assert fetch(WebFile("/x", "x.txt"), check=ends).n_present == 1
    (tmp_path / "x.txt").write_bytes(TEXT)
    assert fetch(WebFile("/x", "x.txt"), check=ends).n_fetched == 1


@pytest.mark.parametrize(
    ("version", "second"),
    [
        ({"ETag": '"v1"'}, ("bytes=1000-", '"v1"')),
        ({"Last_Modified": "Mon, 02 Jan 2023 00:00:00 GMT"}, ("bytes=1000-", "Mon, 02 Jan 2023 00:00:00 GMT")),
        ({"ETag": 'W/"v1"'}, (None, None)),
        ({}, (None, None)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("changed", [False, True])
def test_a_broken_line(server, fetch, tmp_path, version, second, changed):
    """It goes on where the server can tell that the file is still the same."""
    asked_for = []

    def answer(request):
        if request.command == "HEAD":
            send(request, b"", status=405)
            return
        asked_for.append((request.headers["Range"], request.headers["If-Range"]))
        content = TEXT.lower() if changed and len(asked_for) > 1 else TEXT
        if request.headers["Range"] and not changed:
            part = {"Content_Range": f"bytes 1000-{len(TEXT) - 1}/{len(TEXT)}"}
            send(request, TEXT[1000:], status=206, **part)
        elif len(asked_for) == 1:
            send(request, TEXT[:1000], length=False, Content_Length=str(len(TEXT)), **version)
        else:
            send(request, content, **version)

    server.answers["/x"] = answer
    counted = Count()
    fetch(WebFile("/x", "x.txt"), progress=counted)
    assert asked_for == [(None, None), second]
    assert (tmp_path / "x.txt").read_bytes() == (TEXT.lower() if changed else TEXT)
    assert counted.n_bytes == len(TEXT)


class Count(SilentByteCount):
    n_bytes = 0

    def advance(self, n_bytes):
        self.n_bytes += n_bytes


def test_a_range_that_is_not_there_any_more(server, fetch, tmp_path):
    def answer(request):
        if request.headers["Range"]:
            send(request, b"", status=416)
        elif asked(server, "GET") == 1:
            send(request, TEXT[:1000], length=False, Content_Length="1700", ETag='"v"')
        else:
            send(request, b"short" if request.command == "GET" else b"")

    server.answers["/x"] = answer
    fetch(WebFile("/x", "x.txt"))
    assert (tmp_path / "x.txt").read_bytes() == b"short"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("a.txt", "A.TXT"), "would be one on some disks"),
        (("a.txt", "a.txt"), "would be one on some disks"),
        (("\u00e9", "e\u0301"), "would be one on some disks"),
        (("a", "A/b"), "listed as a file, and as a folder"),
    ],
)
def test_files_that_would_be_one(fetch, server, names, sentence):
    refused(lambda: fetch(*(WebFile("/x", name) for name in names)), sentence)
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["", "/x", "x/", "../x", "x/../y", "a//b", "a/.b", "x\n", "a:b"]
)
def test_names(name):
    refused(lambda: WebFile("/x", name), "is not a file name")


@pytest.mark.parametrize("size", [-1, 10**15, 10**400])
def test_sizes(size):
    refused(lambda: WebFile("/x", "x", size), "impossible size")


def test_a_file_with_an_address_of_its_own(server, fetch, tmp_path):
    with serving(Server()) as other:
        other.answers["/x"] = with_content(TEXT)
        fetch(WebFile(f"{other.url}/x", "x.txt"))
        assert (tmp_path / "x.txt").read_bytes() == TEXT
        assert server.requests == []
