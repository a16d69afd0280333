"""Asking a service, whole answers at a time."""

import json

import pytest
import stamina

from deepcme import DeepCMEError
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.limits import Limits
from tests.attacks.hostile import Server, send, serving, with_content


@pytest.fixture
def server():
    with serving(Server()) as server, stamina.set_testing(True, attempts=6, cap=True):
        yield server


def test_json_by_get_and_by_post(server):
    def echo(request):
        send(request, json.dumps([request.command, request.path]).encode())

    server.answers["/x"] = echo
    with WebClient(server.url) as client:
        assert client.json("/x", params={"a": 1, "b": "c d"}) == ["GET", "/x?a=1&b=c+d"]
        assert client.json("/x", body={"a": 1}) == ["POST", "/x"]


def test_text_whatever_its_bytes(server):
    server.answers["/x"] = with_content(b"caf\xc3\xa9 \xff")
    with WebClient(server.url) as client:
        assert client.text("/x") == "café \ufffd"


@pytest.mark.parametrize("ask", ["json", "text"])
def test_an_answer_over_the_limit(server, ask):
    server.answers["/x"] = with_content(b"1" * 1001)
    with (
        WebClient(server.url, limits=Limits(bytes_to_read=1000)) as client,
        pytest.raises(DeepCMEError, match="the answer of /x goes on after 1,000 bytes"),
    ):
        getattr(client, ask)("/x")


@pytest.mark.parametrize("n_faults", [0, 1, 5])
def test_a_passing_fault_is_outlived(server, n_faults):
    def answer(request):
        busy = len(server.requests) <= n_faults
        send(request, b"" if busy else b"[1]", status=503 if busy else 200)

    server.answers["/x"] = answer
    with WebClient(server.url) as client:
        assert client.json("/x") == [1]


def test_a_fault_that_lasts_is_one_sentence_with_the_number_of_attempts(server):
    server.answers["/x"] = with_content(b"", status=500)
    with (
        WebClient(server.url, attempts=2) as client,
        pytest.raises(DeepCMEError, match=r"was busy 2 times \(500 Internal Server Error\)"),
    ):
        client.json("/x")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "address", ["gdc", "file:///etc/passwd", "http://[::1", "http://\x1b", ""]
)
def test_addresses_that_are_none(address):
    with (
        pytest.raises(DeepCMEError, match="is not a web address"),
        WebClient(address) as client,
    ):
        client.json("/x")


@pytest.mark.parametrize(
    ("status", "asked_of_target"),
    [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")],
)
def test_a_redirection_within_the_site(server, status, asked_of_target):
    server.answers["/x"] = with_content(b"", status=status, Location="/y")
    server.answers["/y"] = with_content(b"[]")
    with WebClient(server.url) as client:
        assert client.json("/x", body={"query": 1}) == []
    assert server.requests == ["POST /x", f"{asked_of_target} /y"]
