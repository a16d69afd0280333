"""Samples come as JSON, CSV or Parquet; answers go as JSON or CSV."""

import io

import pandas as pd
import pytest

from deepcme.base.files.files import csv_text
from deepcme.trained.new_samples import expression_of_frame
from deepcme.trained.prediction import predict, round_predictions
from tests.service.asking import samples_of, typical_values

GENES = [f"GENE{n}" for n in range(1, 6)]
PARQUET = "application/vnd.apache.parquet"


@pytest.fixture(scope="module")
def frame(patients):
    return patients


@pytest.fixture(scope="module")
def expected(whole_model, frame):
    return predict(whole_model, expression_of_frame(frame, whole_model.manifest.genes)).table


def as_csv(frame):
    return {"content": frame.to_csv().encode(), "headers": {"Content-Type": "text/csv"}}


def as_parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return {"content": buffer.getvalue(), "headers": {"Content-Type": PARQUET}}


WAYS = {
    "json": lambda frame: {"samples": samples_of(frame)},
    "csv": as_csv,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_table_is_that_of_predict_byte_for_byte(service, frame, expected, way):
    asked = WAYS[way](frame)
    asked["headers"] = asked.get("headers", {}) | {"Accept": "text/csv"}
    answer = service.predict("whole", **asked)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text == csv_text(round_predictions(expected))


def test_json_has_full_precision_and_says_which_model_spoke(service, frame, expected):
    answer = service.predict("whole", samples_of(frame))
    told = answer.json()
    assert told["model"] == {
        "name": "whole",
        "version": "1",
        "sha256": answer.headers["X-Model-SHA256"],
    }
    found = [row["probability"] for row in told["predictions"]]
    assert found == expected["probability"].tolist()
    assert {row["positive"] for row in told["predictions"]} <= {True, False}
    assert any("genes (100.0%) were found" in note for note in told["notes"])


def test_a_table_may_lie_either_way_round(service, frame, expected):
    answer = service.predict("whole", **as_csv(frame.T))
    assert [row["sample"] for row in answer.json()["predictions"]] == expected[
        "sample"
    ].tolist()


def test_a_patient_without_a_gene_of_the_panel_gets_a_range(service):
    values = {f"GENE{n}": 7.0 for n in range(1, 5)} | {"GENE5": None}
    [row] = service.predict("panel", [{"sample": "A", "values": values}]).json()["predictions"]
    assert row["probability"] is None
    assert 0 < row["lowest"] < row["highest"] < 1


def test_of_a_model_of_times_further_times_may_be_asked_for(service, times_model):
    values = typical_values(times_model)
    asked = {"samples": [{"sample": "A", "values": values}], "times": [1, 2.5]}
    [row] = service.predict("times", asked).json()["predictions"]
    assert row["risk_by_1"] < row["risk_by_2.5"] < row["risk"]
    table = as_csv(pd.DataFrame([values], index=["A"]))
    again = service.ask("POST", "/v1/models/times/predictions?times=1,2.5", **table)
    assert again.json()["predictions"] == [row]


def test_the_scale_may_be_told(service):
    logged, linear = ([{"sample": "A", "values": dict.fromkeys(GENES, x)}] for x in (7, 127))
    told = service.predict("panel", {"samples": linear, "scale": "tpm"}).json()
    assert told["predictions"] == service.predict("panel", logged).json()["predictions"]
    assert any("log2(x + 1) of the samples' tpm was taken" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
    ],
)
def test_the_answer_is_of_the_type_that_is_accepted(service, accept, given):
    sample = {"sample": "A", "values": {f"GENE{n}": 7.0 for n in range(1, 6)}}
    headers = {} if accept is None else {"Accept": accept}
    answer = service.predict("panel", [sample], headers=headers)
    assert answer.headers["Content-Type"].partition(";")[0] == given


def test_of_other_types_none_is_given(service):
    answer = service.predict("panel", [], headers={"Accept": "image/png, text/html"})
    assert answer.status_code == 406


@pytest.mark.parametrize(
    "query",
    ["scal=tpm", "scale=TPM", "normalise=cohort", "times=a", "times=", "times=1&times=2"],
)
def test_an_option_that_is_not_known_is_refused(service, frame, query):
    """A slip in a name would give other numbers in silence."""
    path = f"/v1/models/whole/predictions?{query}"
    assert service.ask("POST", path, **as_csv(frame)).status_code == 422


def test_beside_json_options_stand_in_the_body(service):
    answer = service.ask(
        "POST",
        "/v1/models/panel/predictions?scale=tpm",
        json={"samples": [{"sample": "A", "values": {"GENE1": 1}}]},
    )
    assert answer.status_code == 422


def test_what_predict_refuses_is_refused_in_its_words(service, frame):
    answer = service.predict("whole", samples_of(frame.rename(columns=str.lower).iloc[:, :5]))
    assert answer.status_code == 422
    assert "of the model's" in answer.json()["error"]
