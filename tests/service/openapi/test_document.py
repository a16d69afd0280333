"""The document says what is answered."""

import jsonschema
import pytest

from tests.service.asking import Service, typical_values

SAMPLE = {"sample": "A", "values": {f"GENE{n}": 7.0 for n in range(1, 6)}}


@pytest.fixture(scope="module")
def document(service):
    return service.get("/openapi.json").json()


def require_as_described(document, path, method, answer):
    """The answer has a status, type and content that the document knows."""
    described = document["paths"][path][method]["responses"][str(answer.status_code)]
    kind = answer.headers["Content-Type"].partition(";")[0]
    schema = described["content"][kind]["schema"]
    if kind == "application/json":
        whole = {**schema, "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())


@pytest.mark.parametrize(
    "path", ["/", "/health", "/ready", "/metrics", "/openapi.json", "/v1/models"]
)
def test_answers_are_as_they_are_described(service, document, path):
    require_as_described(document, path, "get", service.get(path))


@pytest.mark.parametrize("name", ["panel", "times", "whole", "nobody"])
def test_models_are_as_they_are_described(service, document, name):
    answer = service.get(f"/v1/models/{name}")
    require_as_described(document, "/v1/models/{name}", "get", answer)


@pytest.mark.parametrize(
    "sent",
    [
        {"samples": [SAMPLE]},
        {"samples": [SAMPLE], "headers": {"Accept": "text/csv"}},
        {"samples": [{**SAMPLE, "values": {**SAMPLE["values"], "GENE2": None}}]},
        {"content": b"{"},
        {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
        {"content": b"{}", "headers": {"Accept": "text/html"}},
    ],
)
def test_predictions_and_refusals_are_as_they_are_described(service, document, sent):
    answer = service.predict("panel", **sent)
    require_as_described(document, "/v1/models/{name}/predictions", "post", answer)


def test_predictions_of_times_are_as_they_are_described(service, document, times_model):
    values = typical_values(times_model)
    answer = service.predict(
        "times", {"samples": [{"sample": "A", "values": values}], "times": [1]}
    )
    assert answer.status_code == 200
    require_as_described(document, "/v1/models/{name}/predictions", "post", answer)


def test_what_is_sent_is_as_it_is_described(document):
    schema = {"$ref": "#/components/schemas/Samples", "components": document["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate({"samples": [SAMPLE], "scale": "tpm", "times": None})
    for odd in ({}, {"samples": []}, {"samples": [SAMPLE], "scal": "tpm"}, {"samples": [{}]}):
        assert not validator.is_valid(odd)


def test_the_token_is_part_of_the_document(panel_model):
    service = Service({"panel": panel_model}, token="abcdefgh")
    document = service.get("/openapi.json", headers={"Authorization": "Bearer abcdefgh"}).json()
    assert document["security"] == [{"token": []}]
    assert "401" in document["paths"]["/metrics"]["get"]["responses"]
    assert document["paths"]["/health"]["get"]["security"] == []
    assert document["paths"]["/v1/models/{name}"]["parameters"][0]["schema"]["enum"] == [
        "panel"
    ]


def test_every_address_is_in_the_document(service, document):
    paths = {route.path for route in service.app.routes}
    assert paths == document["paths"].keys()
