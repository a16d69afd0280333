"""Requests made up of the service's own description: none of them makes it fail."""

import json
from collections import Counter

import hypothesis
import pytest

from tests.attacks.service import GENES, RIGHT

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

pytestmark = [pytest.mark.cause("invented"), pytest.mark.attack]

PREDICTIONS = "POST /v1/models/{name}/predictions"
OF_A_MODEL = (PREDICTIONS, "GET /v1/models/{name}", "GET /v1/models/{name}/card")
OTHERS = ("GET /v1/models", "GET /openapi.json", "GET /metrics", "GET /health", "GET /ready")
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


def of_its_genes(document):
    """The same, but that samples have values that the model may well have seen."""
    value = {"type": "number", "minimum": 6.5, "maximum": 7.5}
    body = document["components"]["schemas"]["Samples"]["properties"]
    document["components"]["schemas"]["Samples"]["properties"] = {"samples": body["samples"]}
    document["components"]["schemas"]["Sample"]["properties"]["values"] = {
        "type": "object",
        "properties": dict.fromkeys(GENES, value),
        "required": GENES[1:],
        "additionalProperties": False,
    }
    taken = document["paths"]["/v1/models/{name}/predictions"]["post"]["requestBody"]["content"]
    for kind in taken.keys() - {"application/json"}:
        del taken[kind]
    return document


def ask(service, label: str, mode, n: int, change=dict) -> Counter[int]:
    """How often each status was answered."""
    document = change(service.ask("GET", "/openapi.json").json())
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=service.url)
    operation = next(
        found.ok() for found in schema.get_all_operations() if found.ok().label == label
    )
    told = {int(status) for status in operation.definition.raw["responses"]}
    answered: Counter[int] = Counter()

    @hypothesis.seed(0)
    @hypothesis.settings(
        max_examples=n,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        answer = case.call(headers=RIGHT, timeout=60)
        answered[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code == 503, case.as_curl_command()
        # A method, or an address, that was made up beside the description is none of it.
        assert answer.status_code in told | {404, 405}, answer.status_code
        if answer.status_code >= 400:
            assert json.loads(answer.content).keys() == {"error"}
        if answer.status_code in (429, 503):
            assert int(answer.headers["Retry-After"][0]) >= 1

    run()
    return answered


@pytest.mark.parametrize("label", OTHERS)
def test_what_takes_nothing_answers(stands, label):
    assert ask(stands, label, POSITIVE, 10)[200] >= 1


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["as described", "unlike it"])
@pytest.mark.parametrize("label", OF_A_MODEL)
def test_no_request_makes_it_fail(stands, label, mode):
    assert ask(stands, label, mode, 40).total() >= 1


# Two thousand and fifty requests in all.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "n", "change", "status"),
    [
        pytest.param(POSITIVE, 850, dict, 422, id="as described"),
        pytest.param(NEGATIVE, 850, dict, 422, id="unlike it"),
        pytest.param(POSITIVE, 350, of_its_genes, 200, id="of its genes"),
    ],
)
def test_none_of_two_thousand_makes_it_fail(stands, mode, n, change, status):
    answered = ask(stands, PREDICTIONS, mode, n, change)
    assert answered.total() >= n
    assert answered[status] > 50, answered
