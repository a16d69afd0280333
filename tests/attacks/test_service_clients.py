"""Clients that keep the service waiting, flood it, or tell it two things at once."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.attacks.service import (
    ASKED,
    GENES,
    LIMITS,
    RIGHT,
    SLOWEST,
    VALUES,
    body_of,
    request_of,
)

JSON = "Content-Type: application/json"
BODY = body_of(VALUES)
HEAD = request_of(ASKED, JSON, f"Content-Length: {len(BODY)}", method="POST")
CHUNKED = request_of(ASKED, JSON, "Transfer-Encoding: chunked", method="POST")


def drops(text: bytes, size: int = 1) -> list[bytes]:
    return [text[i : i + size] for i in range(0, len(text), size)]


SLOW = {
    "headers byte by byte": drops(HEAD)[:40],
    "a header that never ends": [HEAD[:-4], *[b"x"] * 40],
    "a line feed each": [b"\r\n"] * 40,
    "nothing at all": [b""],
    "half a request line": [b"GET /v1/mo"],
    "headers without their end": [HEAD[:-2]],
    "no body": [HEAD],
    "a body byte by byte": [HEAD, *drops(BODY)[:40]],
    "a body that stops": [HEAD, BODY[:20]],
    "a chunk byte by byte": [CHUNKED, b"ff\r\n", *[b"x"] * 40],
    "chunks of a byte": [CHUNKED, *[b"1\r\n{\r\n"] * 40],
    "chunks without an end": [CHUNKED, b"1\r\n{\r\n"],
    "leave awaited": [HEAD.replace(JSON.encode(), JSON.encode() + b"\r\nExpect: 100-continue")],
}


@pytest.mark.cause("slow-clients")
@pytest.mark.parametrize("kind", SLOW)
def test_who_sends_slowly_is_let_go(stands, kind):
    start = time.monotonic()
    reply = stands.raw(*SLOW[kind], pause=0.1)
    assert reply.status in (0, 100, 400, 408, 431), reply.raw[:200]
    assert time.monotonic() - start < SLOWEST
    assert reply.count <= 2


@pytest.mark.cause("slow-clients")
@pytest.mark.parametrize("sent", [b"", b"POST ", HEAD], ids=["nothing", "a line", "headers"])
def test_others_are_answered_beside_two_hundred_slow_ones(stands, sent):
    held = []
    try:
        for _ in range(200):
            held.append(socket.create_connection(("127.0.0.1", stands.port), timeout=5))
            held[-1].sendall(sent)
        start = time.monotonic()
        stands.predicted()
        assert time.monotonic() - start < SLOWEST
    finally:
        for connection in held:
            connection.close()


@pytest.mark.cause("slow-clients")
def test_who_asks_and_does_not_read_takes_no_memory(stands):
    before = stands.forget_peaks()
    with socket.create_connection(("127.0.0.1", stands.port), timeout=1) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            for _ in range(20_000):
                connection.sendall(request_of("/openapi.json"))
        except OSError:
            pass
        stands.predicted()
    assert stands.growth_mb(before) < 100


FLOODS = {
    "10,000 headers": request_of("/v1/models", *[f"X-{i}: 1" for i in range(10_000)]),
    "one header 10,000 times": request_of("/v1/models", *["X-A: 1"] * 10_000),
    "a header of a megabyte": request_of("/v1/models", "X-A: " + "a" * 1_000_000),
    "a header's name of a megabyte": request_of("/v1/models", "A" * 1_000_000 + ": 1"),
    "a line without end": b"GET /" + b"a" * 2_000_000,
    "an address of a megabyte": request_of("/" + "a" * 1_000_000),
    "a query of a megabyte": request_of("/v1/models?" + "a=1&" * 250_000),
    "a method of a megabyte": request_of("/", method="A" * 1_000_000),
    "no colon": request_of("/v1/models", "X-A"),
    "a zero in a header": request_of("/v1/models", "X-A: \0"),
    "a line feed alone": request_of("/v1/models", "X-A: 1\nX-B: 2\r\r"),
    "folded": request_of("/v1/models", "X-A: 1", " folded"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
    "HTTP/0.9": b"GET /v1/models\r\n\r\n",
    "HTTP/9.9": request_of("/v1/models").replace(b"HTTP/1.1", b"HTTP/9.9"),
    "no host": request_of("/v1/models").replace(b"Host: localhost\r\n", b""),
    "trailers without end": CHUNKED + b"0\r\n" + b"X-A: 1\r\n" * 50_000,
    "a chunk's extension without end": CHUNKED + b"1;" + b"a" * 2_000_000,
    "a websocket": request_of(
        "/v1/models", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
}  # fmt: skip


@pytest.mark.cause("header-floods")
@pytest.mark.parametrize("kind", FLOODS)
def test_headers_without_end_or_sense_are_refused(stands, kind):
    before = stands.forget_peaks()
    reply = stands.raw(*drops(FLOODS[kind] + b"", 65536))
    served = kind in ("a websocket", "no host")  # what may be answered as if it were not there
    assert reply.status in ((0, 200) if served else (0,)) + (
        400,
        408,
        411,
        413,
        414,
        422,
        431,
        505,
    )
    assert reply.count <= 1
    assert stands.growth_mb(before) < 60


SMUGGLED = b"GET /v1/models/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def with_two_ends(*headers: str, body: bytes) -> bytes:
    return request_of(ASKED, JSON, *headers, method="POST", body=body)


TWO_ENDS = {
    "a length and chunks": with_two_ends(
        "Content-Length: 6", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks and a length": with_two_ends(
        "Transfer-Encoding: chunked", f"Content-Length: {5 + len(SMUGGLED)}",
        body=b"0\r\n\r\n" + SMUGGLED,
    ),
    "two lengths": with_two_ends(
        "Content-Length: 0", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED
    ),
    "two lengths in one": with_two_ends(
        f"Content-Length: 0, {len(SMUGGLED)}", body=SMUGGLED
    ),
    "a length with a sign": with_two_ends("Content-Length: +0", body=SMUGGLED),
    "a length below zero": with_two_ends("Content-Length: -1", body=SMUGGLED),
    "a length in another base": with_two_ends("Content-Length: 0x0", body=SMUGGLED),
    "a length beyond any": with_two_ends("Content-Length: 18446744073709551616", body=SMUGGLED),
    "a space before the colon": with_two_ends(
        "Content-Length : 0", "Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks of another name": with_two_ends(
        "Transfer-Encoding: xchunked", "Content-Length: 0", body=SMUGGLED
    ),
    "chunks, then nothing": with_two_ends(
        "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks in two headers": with_two_ends(
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks behind a tab": with_two_ends(
        "Transfer-Encoding:\tchunked", "Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "a chunk beyond any": with_two_ends(
        "Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n" + SMUGGLED
    ),
    "a chunk below zero": with_two_ends(
        "Transfer-Encoding: chunked", body=b"-1\r\n" + SMUGGLED
    ),
    "a chunk longer than told": with_two_ends(
        "Transfer-Encoding: chunked", body=b"1\r\n{}\r\n0\r\n\r\n" + SMUGGLED
    ),
}  # fmt: skip


@pytest.mark.cause("smuggling")
@pytest.mark.parametrize("kind", TWO_ENDS)
def test_what_has_two_ends_is_one_request_and_the_last(stands, kind):
    reply = stands.raw(TWO_ENDS[kind])
    assert reply.status in (0, 400, 408, 411, 413, 415, 422, 501)
    assert reply.count <= 1, reply.raw[:800]


def upload() -> bytes:
    rows = "\n".join(f"S{i},7,7.5,6.9,8,6.6" for i in range(LIMITS["samples"]))
    return f"sample,{','.join(GENES)}\n{rows}".encode()


@pytest.mark.cause("floods")
@pytest.mark.parametrize("at_once", [8, 32, 64, 128, 256])
def test_who_finds_no_room_is_told_when_to_come_again(stands, at_once):
    body = upload()
    with httpx.Client(
        base_url=stands.url,
        timeout=60,
        headers={**RIGHT, "Content-Type": "text/csv"},
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
        verify=False,
    ) as client:

        def ask(_):
            return client.post(ASKED, content=body)

        with ThreadPoolExecutor(at_once) as clients:
            answers = list(clients.map(ask, range(at_once)))
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses and statuses <= {200, 429, 503}, statuses
    if at_once > 32:
        assert statuses - {200}, "there was room for all"
    for answer in answers:
        if answer.status_code == 200:
            assert len(answer.json()["predictions"]) == LIMITS["samples"]
        else:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["error"].endswith(".")
    assert stands.ask("GET", "/ready").status_code == 200


@pytest.mark.cause("floods")
def test_who_goes_before_the_answer_leaves_room(stands):
    body = upload()
    head = request_of(
        ASKED, "Content-Type: text/csv", f"Content-Length: {len(body)}", method="POST"
    )
    for _ in range(60):
        with socket.create_connection(("127.0.0.1", stands.port), timeout=5) as connection:
            connection.sendall(head + body)
    give_up = time.monotonic() + 20
    while stands.predict(BODY).status_code != 200:
        assert time.monotonic() < give_up, "its places stay taken"
        time.sleep(0.2)
