"""Limits of bytes, samples, genes, values, kinds, time and number."""

import asyncio
import gzip
import io
import json
import threading

import httpx
import numpy as np
import pandas as pd
import pytest

from deepcme.service.addresses import predictions
from tests.service.addresses.test_predictions import PARQUET, as_csv, as_parquet
from tests.service.asking import Service

ADDRESS = "/v1/models/panel/predictions"
GENES = [f"GENE{n}" for n in range(1, 6)]


def samples(n, genes=GENES):
    return [{"sample": f"S{row}", "values": dict.fromkeys(genes, 7.0)} for row in range(n)]


def frame(n, genes=GENES):
    return pd.DataFrame(7.0, index=[f"S{row}" for row in range(n)], columns=genes)


def chunks(body, size=10):
    async def sent():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return sent()


@pytest.fixture(scope="module")
def small(panel_model):
    return Service({"panel": panel_model}, json_bytes=300, body_bytes=400)


class TestBytes:
    def test_a_length_that_is_told_is_refused_before_anything_is_received(self, small):
        received = []

        async def receive():
            received.append(1)
            return {"type": "http.request", "body": b"", "more_body": True}

        status = asyncio.run(answered(small, receive, [(b"content-length", b"301")]))
        assert status == 413
        assert not received

    def test_a_length_that_is_not_told_is_counted(self, small):
        body = json.dumps({"samples": samples(4)}).encode()
        assert len(body) > 300
        assert small.predict("panel", content=chunks(body)).status_code == 413

    def test_of_a_table_more_is_taken(self, small):
        assert small.predict("panel", samples(3)).status_code == 200
        assert small.predict("panel", **as_csv(frame(6))).status_code == 200
        assert small.predict("panel", **as_csv(frame(20))).status_code == 413

    def test_all_bodies_together_are_bounded(self, panel_model):
        service = Service({"panel": panel_model}, held_bytes=100)
        answer = service.predict("panel", samples(3))
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert service.predict("panel", content=b"{}").status_code == 422  # given back


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        ({"samples": 2}, {"samples": samples(3)}),
        ({"samples": 2}, as_csv(frame(3))),
        ({"columns": 4}, {"samples": samples(1)}),
        ({"columns": 4}, as_csv(frame(1).T)),
        ({"cells": 12}, {"samples": samples(3)}),
        ({"cells": 12}, as_csv(frame(3))),
        ({"cells": 12}, as_parquet(frame(3))),
        ({"samples": 3}, {"content": b'{"samples":[' + b"[]," * 2000 + b"[]]}"}),
    ],
)
def test_samples_genes_and_values_are_bounded(panel_model, limits, sent):
    service = Service({"panel": panel_model}, **limits)
    answer = service.predict("panel", **sent)
    assert answer.status_code == 413
    assert "at most" in answer.json()["error"].lower()


class TestKinds:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"Content-Type": "multipart/form-data; boundary=x"},
            {"Content-Type": "application/json; charset=utf-16"},
            {"Content-Type": ""},
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            {"Content-Type": "text/csv", "Content-Encoding": "br"},
        ],
    )
    def test_other_kinds_are_refused(self, service, headers):
        assert service.predict("panel", content=b"{}", headers=headers).status_code == 415

    @pytest.mark.parametrize(
        "body",
        [
            gzip.compress(frame(2).to_csv().encode(), mtime=0),
            frame(2).to_csv().encode("utf-16"),
            as_parquet(frame(2))["content"],
            b"PAR1" + frame(2).to_csv().encode(),
            b"PK\x03\x04" + frame(2).to_csv().encode(),
            b"{}",
            b"<html>",
            b"",
            b"\x00" * 50,
            b"GENE1",
            b"sample,GENE1\nA,SECRET\n",
            b"sample,GENE1\nA,1\nA,2\n",
            b'sample,GENE1\n"A,1\n',
            b"sample,GENE1\nA,1e99\n",
            b"sample,GENE1,GENE1\nA,1,2\n",
        ],
    )
    def test_what_is_no_plain_table_of_text_is_refused(self, service, body):
        answer = service.predict("panel", content=body, headers={"Content-Type": "text/csv"})
        assert answer.status_code in (415, 422)
        assert "SECRET" not in answer.text

    def test_damaged_parquet_is_refused(self, service):
        whole = as_parquet(frame(3))["content"]
        nested = io.BytesIO()
        pd.DataFrame({"sample": ["A"], "GENE1": [[1.0, 2.0]]}).to_parquet(nested)
        for body in (whole[:60] + whole[-60:], nested.getvalue()):
            answer = service.predict("panel", content=body, headers={"Content-Type": PARQUET})
            assert answer.status_code == 422


class TestTime:
    def test_a_body_that_does_not_come_is_given_up(self, panel_model):
        service = Service({"panel": panel_model}, body_seconds=0.05)

        async def receive():
            await asyncio.sleep(5)

        assert asyncio.run(answered(service, receive)) == 408

    def test_a_client_that_goes_away_harms_nobody(self, service):
        async def receive():
            return {"type": "http.disconnect"}

        assert asyncio.run(answered(service, receive)) == 400

    def test_a_prediction_that_takes_long_is_given_up(self, panel_model, monkeypatch):
        go_on = hold_predictions(monkeypatch)
        service = Service({"panel": panel_model}, prediction_seconds=0.05, retry_seconds=2.5)
        answer = service.predict("panel", **as_csv(frame(1)))
        go_on.set()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "3"


def test_predictions_at_work_and_waiting_are_bounded(panel_model, monkeypatch):
    go_on = hold_predictions(monkeypatch)
    service = Service({"panel": panel_model}, at_work=1, waiting=2)

    async def ask_many():
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost"
        ) as client:
            asked = [
                asyncio.create_task(client.post(ADDRESS, **as_csv(frame(1)))) for _ in range(5)
            ]
            await asyncio.wait(asked[3:])
            go_on.set()
            return await asyncio.gather(*asked)

    answers = asyncio.run(ask_many())
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert service.predict("panel", samples(1)).status_code == 200


def hold_predictions(monkeypatch):
    """Have predictions of tables wait until the event is set."""
    go_on = threading.Event()
    original = predictions.predict_table

    def held(*asked):
        go_on.wait(10)
        return original(*asked)

    monkeypatch.setattr(predictions, "predict_table", held)
    return go_on


async def answered(service, receive, headers=()):
    """Status of what is answered to a body that `receive` gives."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": ADDRESS,
        "raw_path": ADDRESS.encode(),
        "query_string": b"",
        "root_path": "",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), *headers],
    }
    await service.app(scope, receive, send)
    return sent[0]["status"]


def test_values_are_not_read_as_more_than_they_are(service):
    """A table of the widest kind that is taken costs its values alone."""
    wide = frame(1, [*GENES, *(f"OTHER{n}" for n in range(2000))]).astype(np.float32)
    assert service.predict("panel", **as_csv(wide)).status_code == 200
