"""A web server on the loopback interface that speaks as the portals do, and can misbehave."""

import hashlib
import shlex
import threading
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deepcme.cli.main import main


@dataclass
class Page:
    """What the server answers at one address; `chunked` if it does not say how long that is."""

    content: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


class Portal:
    """Pages by address (with the query, its parts sorted), faults to come, requests made.

    `endless` has pieces that an answer repeats for ever, by address.
    """

    def __init__(self):
        self.pages = {}
        self.endless = {}
        self.faults = {}
        self.requests = []
        self.missing = Page(b"Not Found", 404)
        self.answers_head = True

    def asked(self, method="GET"):
        """The addresses that were asked for by this method, in order."""
        return [address for how, address in self.requests if how == method]

    def put(self, address, content, **options):
        content = content.encode() if isinstance(content, str) else content
        self.pages[address] = Page(content, **options)

    def put_object(self, key, content, *, in_parts=False):
        """An object as S3 serves it: the ETag is its MD5, but not if it was sent in parts."""
        content = content.encode() if isinstance(content, str) else content
        digest = hashlib.md5(content).hexdigest()
        headers = {
            "x-amz-request-id": "EXAMPLE",
            "Last-Modified": "Tue, 10 Sep 2024 00:00:00 GMT",
            "ETag": f'"{digest}-3"' if in_parts else f'"{digest}"',
            "Accept-Ranges": "bytes",
            "Content-Type": "binary/octet-stream",
            "Server": "AmazonS3",
        }
        self.put(key, content, headers=headers)

    def speak_as_s3(self):
        """Answer with S3's XML where there is no object."""
        self.missing = Page(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
            b"<Message>The specified key does not exist.</Message></Error>",
            404,
            {"Content-Type": "application/xml", "Server": "AmazonS3"},
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    portal: Portal

    def log_message(self, *arguments):
        """Keep the test output clean."""

    def do_HEAD(self):
        self._answer(with_content=False)

    def do_GET(self):
        self._answer(with_content=True)

    def _answer(self, *, with_content):
        path, _, query = self.path.partition("?")
        address = path + ("?" + "&".join(sorted(query.split("&"))) if query else "")
        address = urllib.parse.unquote(address)
        self.portal.requests.append((self.command, address))
        if address in self.portal.endless and with_content:
            self._go_on_with(self.portal.endless[address])
            return
        page = self.portal.pages.get(address, self.portal.missing)
        if not (with_content or self.portal.answers_head):
            page = Page(b"", 405)
        faults = self.portal.faults.get(address, [])
        fault = faults.pop(0) if faults and with_content else None
        content = page.content
        if fault == "busy":
            page, content = Page(b"", 503), b""
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not with_content:
            return
        if fault == "cut":
            content = content[: len(content) * 2 // 3]
            self.close_connection = True
        elif fault == "damaged":
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        if page.chunked:
            content = b"%x\r\n%b\r\n" % (len(content), content)
            content += b"" if fault == "cut" else b"0\r\n\r\n"
        self.wfile.write(content)

    def _go_on_with(self, piece):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        while True:  # until the client has had enough
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))


@contextmanager
def serving(portal):
    """The portal on the loopback interface; its address is `portal.url`."""
    handler = type("Handler", (_Handler,), {"portal": portal})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.block_on_close = False
    server.handle_error = lambda *_: None  # the client went away
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    portal.url = f"http://127.0.0.1:{server.server_port}"
    yield portal
    server.shutdown()
    server.server_close()
    thread.join()


class CommandLine:
    """The `deepcme` command in this process."""

    def __init__(self, monkeypatch, capsys):
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments):
        """The code, and what was said on both streams."""
        self._monkeypatch.setattr("sys.argv", ["deepcme", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    def succeeded(self, *arguments):
        code, out, err = self(*arguments)
        assert code == 0, err
        assert err == ""
        return out

    def refused(self, *arguments):
        code, out, err = self(*arguments)
        assert code == 2, (code, out, err)
        assert len(err.strip().splitlines()) == 1, err
        assert err.startswith("deepcme: ")
        return err


def next_command(said, outcome):
    """The command that `fetch` tells to run next, with the outcome that it leaves open."""
    (line,) = [line for line in said.splitlines() if "Next: " in line]
    command = line.partition("Next: ")[2]
    assert command.count(" ... ") == 1
    left_open = "--label ..." if "--label ..." in command else "..."
    program, *arguments = shlex.split(command.replace(left_open, outcome))
    assert program == "deepcme"
    return arguments
