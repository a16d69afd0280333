"""Whom the service answers, and how it fails."""

import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.service.addresses import predictions
from deepcme.service.page.page import make_page
from deepcme.service.settings import ServiceSettings
from tests.service.asking import Service

TOKEN = "a-token-of-some-length"
ADDRESSES = [
    ("GET", "/"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/panel"),
    ("GET", "/v1/models/nobody"),
    ("GET", "/v1/models/panel/card"),
    ("POST", "/v1/models/panel/predictions"),
    ("DELETE", "/v1/models/panel/predictions"),
    ("GET", "/nothing"),
    ("OPTIONS", "/"),
    ("GET", "/health/"),
    ("GET", "//ready"),
]


@pytest.fixture(scope="module")
def guarded(panel_model):
    return Service({"panel": panel_model}, token=TOKEN)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_without_the_token_nothing_is_answered(guarded, method, path):
    for headers in ({}, bearer("another"), bearer(TOKEN[:-1]), bearer(""), basic(TOKEN)):
        answer = guarded.ask(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_whether_it_lives_and_is_ready_is_told_without_the_token(guarded, path):
    assert guarded.get(path).status_code == 200


def test_with_the_token_all_is_answered(guarded):
    for scheme in ("Bearer", "bearer"):
        answer = guarded.get("/v1/models", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert answer.status_code == 200


def test_the_page_in_front_is_the_same_for_those_without_the_token(guarded):
    """It asks for the token, and holds nothing of the models."""
    without, with_it = guarded.get("/"), guarded.get("/", headers=bearer(TOKEN))
    assert (without.status_code, with_it.status_code) == (401, 200)
    assert without.content == with_it.content == make_page().html
    assert guarded.ask("POST", "/").json().keys() == {"error"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1.nip.io", 400),
        ("user@localhost", 400),
        ("localhost:x", 400),
        ("", 400),
    ],
)
def test_a_page_of_another_name_gets_no_answer(service, host, status):
    """A site may have its own name lead to this computer; the browser then asks by that."""
    assert service.get("/health", headers={"Host": host}).status_code == status


def test_beyond_loopback_any_name_may_be_allowed(panel_model):
    service = Service({"panel": panel_model}, hosts=("*",))
    assert service.get("/health", headers={"Host": "genes.example.org"}).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/nothing", "/v1/models", "/metrics", "/"])
def test_no_answer_is_kept_framed_or_taken_for_something_else(service, path):
    headers = service.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


def test_a_failure_is_told_without_what_was_asked(panel_model, monkeypatch, capsys):
    service = Service({"panel": panel_model})

    def fail(*asked):
        raise RuntimeError(f"of {asked}")

    monkeypatch.setattr(predictions, "read_samples", fail)
    answer = service.predict("panel", [{"sample": "SECRET", "values": {"GENE1": 1}}])
    assert answer.status_code == 500
    said = capsys.readouterr()
    assert "RuntimeError in test_guard.py" in said.err
    assert "SECRET" not in said.err + said.out + answer.text


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"samples": 0}, "samples must be at least 1, not 0."),
        ({"body_seconds": 0}, "body_seconds must be above 0, not 0."),
        ({"hosts": ()}, "hosts must be a tuple of names"),
        ({"token": "with space"}, "The token must be of ASCII letters, without spaces."),
        ({"token": ""}, "The token must be"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(limits, said):
    with pytest.raises(DeepCMEError, match=said) as refused:
        ServiceSettings(**limits)
    assert "with space" not in str(refused.value)


def test_the_token_is_not_shown():
    assert TOKEN not in repr(ServiceSettings(token=TOKEN))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(token):
    return {"Authorization": f"Basic {token}"}
