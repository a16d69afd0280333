"""Addresses and names that lead out of the models' folder, or into another header or cell."""

import json

import pytest

from tests.attacks.service import ASKED, GENES, VALUES, request_of

pytestmark = [pytest.mark.cause("odd-addresses"), pytest.mark.guard]

ADDRESSES = {
    "dots": "/v1/models/../../../etc/passwd",
    "dots in a name": "/v1/models/../panel/card",
    "dots in per cent": "/v1/models/%2e%2e/%2e%2e/etc/passwd/card",
    "a slash in per cent": "/v1/models/..%2f..%2fetc%2fpasswd/card",
    "per cent twice": "/v1/models/%252e%252e%252fpanel/card",
    "backslashes": "/v1/models/..\\..\\panel/card",
    "the folder itself": "/v1/models/./card",
    "no name": "/v1/models//card",
    "a path from the root": "/v1/models//etc/passwd",
    "a zero": "/v1/models/panel%00/card",
    "line feeds": "/v1/models/panel%0d%0aX-Injected:%201/card",
    "a scheme": "/v1/models/file:%2f%2f%2fetc%2fpasswd/card",
    "half of UTF-8": "/v1/models/%ff%fe/card",
    "letters of full width": "/v1/models/%ef%bd%90anel/card",
    "another case": "/v1/models/PANEL/card",
    "a blank": "/v1/models/panel%20/card",
    "a template": "/v1/models/{{7*7}}${7*7}/card",
    "a long name": f"/v1/models/{'a' * 5000}/card",
    "the manifest": "/v1/models/panel/manifest.json",
    "the arrays": "/v1/models/panel/model.safetensors",
    "more of the path": "/v1/models/panel/card/more",
    "another address": "http://evil.example/v1/models/panel/card",
    "a server's own": "*",
    "an authority": "evil.example:80",
    "a parameter": "/v1/models/panel;x=1/card",
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_address_that_leads_elsewhere_leads_nowhere(stands, kind):
    reply = stands.raw(request_of(ADDRESSES[kind], "Connection: close"))
    head, _, body = reply.raw.partition(b"\r\n\r\n")
    allowed = (400, 404, 405) + ((200,) if kind == "another address" else ())
    assert reply.status in allowed, reply.raw[:300]
    assert b"x-injected" not in head.lower()
    for never in (b"root:", b"sha256", b"location:"):
        assert never not in head.lower() + body[:100] or reply.status == 200
    assert b"evil.example" not in reply.raw


NAMES = {
    "line feeds": "A\r\nX-Injected: 1",
    "a formula": "=HYPERLINK(1)",
    "a formula of full width": "\uff1dcmd",
    "quotes and commas": 'A","B\n',
    "markup": "<script>alert(1)</script>",
    "an escape": "\x1b[2J",
    "a zero": "A\0B",
    "right to left": "\u202eA",
    "a path": "../../etc/passwd",
    "a gene's name": "GENE1",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_sample_may_bear_any_name_and_it_stays_one(stands, kind):
    body = json.dumps({"samples": [{"sample": NAMES[kind], "values": VALUES}]}).encode()
    told = stands.predict(body)
    assert told.status_code in (200, 422)
    assert "x-injected" not in told.headers
    table = stands.predict(body, Accept="text/csv")
    assert table.status_code == told.status_code
    assert "x-injected" not in table.headers
    if told.status_code == 200:
        assert len(told.json()["predictions"]) == 1
        cell = table.text.splitlines()[1]
        assert not cell.lstrip('"').startswith(("=", "+", "-", "@", "\uff1d"))
        assert "\x1b" not in table.text and "\0" not in table.text


@pytest.mark.parametrize("gene", ["__proto__", "", " ", "\r\n", "=1", "GENE1\0", "gene1"])
def test_a_gene_of_an_odd_name_is_none_of_the_model(stands, gene):
    body = json.dumps({"samples": [{"sample": "A", "values": {**VALUES, gene: 3.0}}]}).encode()
    answer = stands.predict(body)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.json()["predictions"][0]["probability"] == stands.predicted()


@pytest.mark.parametrize(
    "method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "SEARCH"]
)
def test_an_address_takes_its_own_methods_alone(stands, method):
    answer = stands.ask(method, ASKED)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "access-control-allow-origin" not in answer.headers


def test_the_genes_are_those_that_are_asked(stands):
    assert stands.ask("GET", "/v1/models/panel").json()["genes"] == GENES
