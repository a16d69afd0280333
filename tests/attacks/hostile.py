"""A server on the loopback interface that does whatever a test tells it to."""

import gzip
import hashlib
import io
import json
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A GDC of a few files; `answers` says what it does instead at a path."""

    def __init__(self, n_files: int = 3) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.contents = {str(uuid.UUID(int=i + 1)): bytes([i]) * 20_000 for i in range(n_files)}
        self.hits = [
            {
                "file_id": file_id,
                "file_name": f"{file_id}.tsv",
                "file_size": len(content),
                "md5sum": hashlib.md5(content).hexdigest(),
                "cases": [
                    {"submitter_id": f"P{i}", "samples": [{"submitter_id": f"P{i}-01A"}]}
                ],
            }
            for i, (file_id, content) in enumerate(self.contents.items())
        ]
        self.url = ""

    def listing(self, hits=None, total=None) -> bytes:
        hits = self.hits if hits is None else hits
        pagination = {"total": len(hits) if total is None else total}
        return json.dumps({"data": {"hits": hits, "pagination": pagination}}).encode()

    def archive(self, ids, *more) -> bytes:
        """A tar.gz of the files, and of further members as (TarInfo, content)."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for file_id in ids:
                member = tarfile.TarInfo(f"{file_id}/{file_id}.tsv")
                member.size = len(self.contents[file_id])
                archive.addfile(member, io.BytesIO(self.contents[file_id]))
            for member, content in more:
                archive.addfile(member, io.BytesIO(content))
        return gzip.compress(buffer.getvalue(), compresslevel=1)

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = request.path.partition("?")[0]
        if path in self.answers:
            self.answers[path](request)
        elif path == "/files":
            send(request, self.listing())
        elif path == "/cases":
            send(request, self.listing([]))
        elif path == "/data":
            send(request, self.archive(json.loads(body)["ids"]))
        elif path.removeprefix("/data/") in self.contents:
            send(request, self.contents[path.removeprefix("/data/")])
        else:
            send(request, b"", status=404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server_of_tests: Server

    def log_message(self, *arguments):
        """Keep the test output clean."""

    def _do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server_of_tests.requests.append(f"{self.command} {self.path}")
        self.close_connection = True
        try:
            self.server_of_tests.answer(self, body)
            self.wfile.flush()
        except OSError:
            pass  # the client has had enough

    do_GET = do_POST = do_HEAD = _do  # noqa: N815


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    handler = type("Handler", (_Handler,), {"server_of_tests": server})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.block_on_close = False  # an endless answer ends when its client is gone
    http.handle_error = lambda *_: None
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    yield server
    http.shutdown()
    http.server_close()
    thread.join()


def send(request, content, status=200, length=True, **headers):
    """An answer with its content; header names are written with _ for -."""
    request.send_response_only(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    if length:
        request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content)


def forever(piece: bytes, pause: float = 0.0, start: bytes = b"") -> Answer:
    """An answer that goes on for ever, with pauses between its pieces."""

    def answer(request):
        send(request, start, length=False)
        while True:
            request.wfile.write(piece)
            if pause:
                request.wfile.flush()
                time.sleep(pause)

    return answer


def with_content(content: bytes, **options) -> Answer:
    return lambda request: send(request, content, **options)


def redirecting(location: str, status: int = 302) -> Answer:
    return lambda request: send(request, b"", status=status, Location=location)
