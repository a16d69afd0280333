"""What a server of the service does with connections that never become requests."""

import asyncio
import contextlib

import pytest
import uvicorn

from deepcme.service.app import make_app
from deepcme.service.connections import uvicorn_options
from deepcme.service.settings import ServiceSettings

GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/models/none/predictions HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"Connection: close\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@contextlib.asynccontextmanager
async def server(**limits):
    """A server on a free port of loopback, which it gives."""
    settings = ServiceSettings(**limits)
    config = uvicorn.Config(make_app({}, settings), port=0, **uvicorn_options(settings))
    running = uvicorn.Server(config)
    serving = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    try:
        yield running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        await serving


async def told(port, *parts, pause=0.0):
    """What the server says to parts that are sent one after the other, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        said = await asyncio.wait_for(reader.read(), 8)
    writer.close()
    return said


def ask(*parts, pause=0.0, **limits):
    async def asked():
        async with server(**limits) as port:
            return await told(port, *parts, pause=pause)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "headers",
    [
        GET + b"X: " + b"a" * 3000 + b"\r\n\r\n",
        GET + b"X: 1\r\n" * 600 + b"\r\n",
        b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_headers_that_are_too_large_are_refused(headers):
    parts = [headers[start : start + 500] for start in range(0, len(headers), 500)]
    for sent in ([headers], parts):
        said = ask(*sent, header_bytes=2000)
        assert said.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert b'{"error":"The headers are too large."}' in said


@pytest.mark.parametrize("sent", [b"", b"GET", GET, b"\r\n"])
def test_headers_that_do_not_come_are_not_waited_for(sent):
    said = ask(sent, header_seconds=0.1)
    assert said == b"" or said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_body_that_does_not_come_is_not_waited_for_after_the_answer(monkeypatch):
    monkeypatch.setattr("deepcme.service.connections._REST_SECONDS", 0.3)
    said = ask(
        POST + b"Content-Length: 9999\r\n\r\n", b"abc", b"def", pause=0.05, body_seconds=30
    )
    assert said.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "flood",
    [b"0\r\n" + b"X: a\r\n" * 2000, b"0\r\nX: " + b"a" * 9000, b"5;" + b"a" * 9000],
)
def test_what_stands_between_or_after_chunks_is_bounded(flood):
    parts = [flood[start : start + 1000] for start in range(0, len(flood), 1000)]
    said = ask(CHUNKED, b"5\r\nabcde\r\n", *parts, pause=0.002, header_bytes=4000)
    assert said == b"" or said.startswith(b"HTTP/1.1 4")


def test_requests_of_one_connection_are_answered_one_after_the_other():
    said = ask((GET + b"\r\n") * 5, GET + LAST, pause=0.05, header_seconds=0.5)
    assert said.count(b"HTTP/1.1 200 OK") == 6


def test_more_connections_than_are_taken_are_told_to_come_again():
    async def crowd():
        async with server(connections=2) as port:
            kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await asyncio.sleep(0.05)
            third = await told(port, GET + b"\r\n")
            more = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await asyncio.sleep(0.05)
            fifth = await told(port, GET + b"\r\n")
            for _, writer in kept + more:
                writer.close()
            await asyncio.sleep(0.05)
            return third, fifth, await told(port, GET + LAST)

    third, fifth, later = asyncio.run(crowd())
    assert third.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in third
    assert fifth == b""
    assert later.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + LAST,
        GET + b"Host: evil.example\r\n" + LAST,
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_right_request_gets_400(sent):
    said = ask(sent, header_seconds=0.3)
    assert said.startswith(b"HTTP/1.1 400 ")


def test_nothing_of_a_request_is_logged(capfd):
    ask(b"GET /SECRET?SECRET HTTP/1.1\r\nHost: SECRET\r\n" + LAST)
    ask(b"SECRET\r\n\r\n")
    out, err = capfd.readouterr()
    assert "SECRET" not in out + err
