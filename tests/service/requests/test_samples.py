"""Bodies of JSON: what they must be."""

import json

import pytest

SAMPLE = {"sample": "A", "values": {"GENE1": 1}}


def deep(n):
    return b'{"samples":' + b"[" * n + b"]" * n + b"}"


BODIES = {
    "nothing": b"",
    "no JSON": b"SECRET",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "not UTF-8": b'{"samples": "\xff"}',
    "half a letter": b'{"samples": [{"sample": "\\ud800", "values": {"GENE1": 1}}]}',
    "UTF-16": json.dumps({"samples": [SAMPLE]}).encode("utf-16"),
    "a name twice": b'{"samples": [{"sample": "A", "values": {"GENE1": 1, "GENE1": 2}}]}',
    "NaN": b'{"samples": [{"sample": "A", "values": {"GENE1": NaN}}]}',
    "Infinity": b'{"samples": [{"sample": "A", "values": {"GENE1": -Infinity}}]}',
    "beyond double precision": b'{"samples": [{"sample": "A", "values": {"GENE1": 1e999}}]}',
    "beyond single precision": b'{"samples": [{"sample": "A", "values": {"GENE1": 1e39}}]}',
    "a long whole number": b'{"samples": [{"sample": "A", "values": {"GENE1": 1'
    + b"0" * 4000
    + b"}}]}",
    "an endless whole number": b'{"samples": [{"sample": "A", "values": {"GENE1": 1'
    + b"0" * 9000
    + b"}}]}",
    "lists in each other": deep(60),
    "lists far in each other": deep(400),
    "text for a value": b'{"samples": [{"sample": "A", "values": {"GENE1": "SECRET"}}]}',
    "truth for a value": b'{"samples": [{"sample": "A", "values": {"GENE1": true}}]}',
    "a list for a value": b'{"samples": [{"sample": "A", "values": {"GENE1": [1]}}]}',
    "no values": b'{"samples": [{"sample": "A", "values": {}}]}',
    "a list of values": b'{"samples": [{"sample": "A", "values": [1]}]}',
    "no sample": b'{"samples": []}',
    "a sample without name": b'{"samples": [{"sample": " ", "values": {"GENE1": 1}}]}',
    "a sample of a number": b'{"samples": [{"sample": 1, "values": {"GENE1": 1}}]}',
    "a gene without name": b'{"samples": [{"sample": "A", "values": {"": 1}}]}',
    "more in a sample": b'{"samples": [{"sample": "A", "values": {"GENE1": 1}, "age": "SECRET"}]}',
    "a sample twice": json.dumps({"samples": [SAMPLE, SAMPLE]}).encode(),
    "more in the body": json.dumps({"samples": [SAMPLE], "scal": "SECRET"}).encode(),
    "no such scale": json.dumps({"samples": [SAMPLE], "scale": "SECRET"}).encode(),
    "a scale of a number": json.dumps({"samples": [SAMPLE], "scale": 7}).encode(),
    "no such normalisation": json.dumps({"samples": [SAMPLE], "normalise": "cohort"}).encode(),
    "a time that is none": json.dumps({"samples": [SAMPLE], "times": ["SECRET"]}).encode(),
    "a time below 0": json.dumps({"samples": [SAMPLE], "times": [-1]}).encode(),
    "a time for times": json.dumps({"samples": [SAMPLE], "times": 1}).encode(),
    "times of a model of yes or no": json.dumps({"samples": [SAMPLE], "times": [1]}).encode(),
    "genes of nobody": b'{"samples": [{"sample": "A", "values": {"OTHER": 1}}]}',
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_meant_is_refused_in_a_sentence(service, name):
    answer = service.predict("panel", content=BODIES[name])
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error.endswith(".")
    assert "SECRET" not in error


@pytest.mark.parametrize("name", ["a name twice", "NaN", "lists in each other"])
def test_json_is_strict(service, name):
    answer = service.predict("panel", content=BODIES[name])
    assert answer.json()["error"].startswith("The body is not strict JSON")


def test_the_place_of_a_wrong_value_is_named(service):
    good = {"sample": "A", "values": {"GENE1": 1}}
    bad = {"sample": "B", "values": {"GENE1": 1, "GENE2": "high"}}
    answer = service.predict("panel", [good, bad])
    assert answer.json() == {"error": "samples[1].values: the value of GENE2 is not a number."}


def test_genes_may_be_named_as_in_a_table(service):
    plain = [{"sample": "A", "values": {f"GENE{n}": 7.0 for n in range(1, 6)}}]
    others = ["gene1", "ENSG00000000002.7", "GENE3|ENSG00000000003", " GENE4", "GENE5"]
    spelled = [{"sample": "A", "values": dict.fromkeys(others, 7.0)}]
    found = [service.predict("panel", asked).json() for asked in (plain, spelled)]
    assert found[0]["predictions"] == found[1]["predictions"]
