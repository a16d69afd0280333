"""What is told of models."""

from dataclasses import replace

import pytest

from deepcme.service.app import make_app
from deepcme.trained.files import save_model
from tests.service.asking import Service


def test_models_are_listed_with_the_limits(service, panel_model):
    listed = service.get("/v1/models").json()
    panel, times, whole = listed["models"]
    assert [panel["name"], times["name"], whole["name"]] == ["panel", "times", "whole"]
    assert panel["sha256"] == panel_model.sha256
    assert panel["genes"] == [f"GENE{n}" for n in range(1, 6)]
    assert times["reference_genes"] == ["REF1", "REF2"]
    assert times["times"] == {"unit": "years", "horizon": 5.0, "last_time": 7.5}
    assert (whole["panel"], whole["genes"], whole["times"]) == (False, None, None)
    assert whole["expected"].startswith("AUC to expect of new patients like these")
    assert listed["limits"]["samples"] == 10_000


def test_one_model_is_told_with_its_identity_in_the_headers(service, panel_model):
    answer = service.get("/v1/models/panel")
    assert answer.json() in service.get("/v1/models").json()["models"]
    assert answer.headers["X-Model-Name"] == "panel"
    assert answer.headers["X-Model-Version"] == "1"
    assert answer.headers["X-Model-SHA256"] == panel_model.sha256


@pytest.mark.parametrize("path", ["", "/card", "/predictions"])
def test_of_a_model_that_there_is_not_nothing_is_told(service, path):
    method = "POST" if path == "/predictions" else "GET"
    answer = service.ask(method, f"/v1/models/nobody{path}")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no model of this name")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/models", "GET, HEAD"),
        ("GET", "/v1/models/panel/predictions", "POST"),
        ("OPTIONS", "/health", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_there_are(service, method, path, allowed):
    answer = service.ask(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path", ["/v1/models/", "/nothing", "/v1//models", "/v1/models/panel/"]
)
def test_other_addresses_are_not_there(service, path):
    assert service.get(path).status_code == 404


def test_headers_alone_may_be_asked_for(service):
    answer = service.ask("HEAD", "/v1/models")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(service.get("/v1/models").content)


def test_the_card_is_written_of_the_model_that_answers(panel_model, tmp_path):
    save_model(panel_model, tmp_path / "folder")
    service = Service({"panel": panel_model})
    service.models["panel"] = replace(service.models["panel"], folder=tmp_path / "folder")
    service.app = make_app(service.models)
    card = service.get("/v1/models/panel/card")
    assert card.status_code == 200
    assert panel_model.sha256 in card.text
    assert "connect-src 'none'" in card.headers["Content-Security-Policy"]


def test_without_its_folder_there_is_no_card(service):
    answer = service.get("/v1/models/panel/card")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
