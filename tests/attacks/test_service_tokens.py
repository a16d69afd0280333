"""Without its token the service tells nothing, whatever it is asked, and how."""

import base64
import json

import pytest

from tests.attacks.service import (
    ASKED,
    TOKEN,
    VALUES,
    attacked_service,
    body_of,
    request_of,
)

pytestmark = [pytest.mark.cause("no-token"), pytest.mark.guard]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "SEARCH")
PATHS = (
    "/", "/v1/models", "/v1/models/panel", "/v1/models/panel/card", ASKED, "/openapi.json",
    "/metrics", "/docs", "/favicon.ico", "/nothing", "/health/", "/ready/", "//health",
    "/HEALTH", "/healthz", "/health%2f", "/health%20", "/ready;a=1", "/health/../metrics",
    "/v1/models/panel/health", "/%68ealth/metrics", "/v1/models/unknown/card",
)  # fmt: skip
TOKENS = {
    "none": {},
    "empty": {"Authorization": ""},
    "scheme alone": {"Authorization": "Bearer"},
    "another scheme's": {"Authorization": f"Digest username=deepcme, response={TOKEN}"},
    "wrong": {"Authorization": "Bearer wrong"},
    "shorter": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "longer": {"Authorization": f"Bearer {TOKEN}0"},
    "upper case": {"Authorization": f"Bearer {TOKEN.upper()}"},
    "no scheme": {"Authorization": TOKEN},
    "other scheme": {"Authorization": f"Token {TOKEN}"},
    "basic": {
        "Authorization": f"Basic {base64.b64encode(f'deepcme:{TOKEN}'.encode()).decode()}"
    },
    "twice in one": {"Authorization": f"Bearer {TOKEN}, Bearer {TOKEN}"},
    "other header": {"X-Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "127.0.0.1"},
    "cookie": {"Cookie": f"token={TOKEN}; Authorization=Bearer {TOKEN}"},
    "letters beyond ASCII": {"Authorization": f"Bearer {TOKEN}é".encode("latin-1")},
    "huge": {"Authorization": f"Bearer {'x' * 10_000}"},
}


@pytest.mark.parametrize("method", METHODS)
def test_every_path_asks_for_it(service, method):
    for path in PATHS:
        asked = request_of(path, "Connection: close", method=method, token="")
        reply = service.raw(asked)
        assert reply.status == 401, path
        assert b"\r\nwww-authenticate: Bearer" in reply.raw
        if path != "/":
            head, _, body = reply.raw.partition(b"\r\n\r\n")
            assert method == "HEAD" or json.loads(body).keys() == {"error"}
            assert b"panel" not in head + body


@pytest.mark.parametrize("sent", TOKENS)
def test_nothing_passes_for_it(service, sent):
    for path in ("/v1/models", "/metrics", "/nothing", f"/?token={TOKEN}"):
        headers = {"Authorization": "", **TOKENS[sent]}
        assert service.ask("GET", path, headers=headers).status_code == 401
    headers = {"Authorization": "", "Content-Type": "application/json", **TOKENS[sent]}
    answer = service.ask("POST", ASKED, content=body_of(VALUES), headers=headers)
    assert answer.status_code == 401
    assert "probability" not in answer.text


def test_a_path_that_is_there_looks_like_one_that_is_not(service):
    there, not_there = (
        service.ask("GET", path, headers={"Authorization": ""})
        for path in ("/v1/models/panel/card", "/v1/models/nothing/card")
    )
    assert there.content == not_there.content
    dated = {"date", "content-length"}
    assert {*there.headers} - dated == {*not_there.headers} - dated


def test_a_body_is_not_waited_for(service):
    without = request_of(ASKED, "Content-Length: 3999999", method="POST", token="wrong")
    reply = service.raw(without)
    assert reply.status == 401 and reply.count == 1


def test_only_the_two_that_tell_how_it_is_are_open(service):
    for path in ("/health", "/ready"):
        answer = service.ask("GET", path, headers={"Authorization": ""})
        assert answer.status_code == 200
        for told in ("panel", "invented", "ESR1", TOKEN, "deepcme"):
            assert told not in answer.text
        for method in ("POST", "PUT", "DELETE", "SEARCH"):
            asked = service.ask(method, path, headers={"Authorization": ""})
            assert asked.status_code in (401, 405)


def test_a_method_that_nobody_knows_is_no_request(service):
    asked = request_of("/v1/models", "Connection: close", method="BREW", token="")
    reply = service.raw(asked)
    assert reply.status in (400, 401) and b"panel" not in reply.raw


@pytest.fixture(scope="module")
def open_service(tmp_path_factory):
    with attacked_service(tmp_path_factory.mktemp("open"), token=None) as service:
        yield service


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost@evil", ""],
)
def test_a_page_of_another_site_that_took_this_name_is_refused(open_service, host):
    """DNS rebinding, of a service that demands no token."""
    for path in ("/", "/v1/models", "/metrics", "/openapi.json"):
        assert open_service.ask("GET", path, headers={"Host": host}).status_code == 400
        assert open_service.ask("GET", path).status_code == 200
