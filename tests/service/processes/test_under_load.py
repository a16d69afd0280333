"""A worker is killed and the model replaced, while it is asked: never a wrong answer.

Whatever an answer tells, it is what the model predicts whose SHA-256 stands in it. Connections
that a killed worker had are lost; nothing else is.
"""

import csv
import http.client
import io
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter

import numpy as np
import pytest

from deepcme.trained.files import save_model
from deepcme.trained.new_samples import expression_of_frame
from deepcme.trained.prediction import predict, round_predictions
from tests.service.processes.test_serving import put_another
from tests.service.running import SECONDS, serve, wait_until
from tests.trained.panels.invented import invented_panel_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

GENES = [f"GENE{number}" for number in range(1, 6)]
ADDRESS = "/v1/models/panel/predictions"
CLIENTS, ROUNDS = 6, 4


class Expected:
    """What each version of the model tells of some samples, by its SHA-256."""

    def __init__(self, models, n_samples=40):
        import pandas as pd

        values = np.random.default_rng(0).normal(7, 1, (n_samples, len(GENES))).round(3)
        self.frame = pd.DataFrame(values, [f"new-{i}" for i in range(n_samples)], GENES)
        tables = {model.sha256: self._predict(model) for model in models}
        self.exact = {
            sha256: dict(zip(table["sample"], table["probability"], strict=True))
            for sha256, table in tables.items()
        }
        self.rounded = {
            sha256: dict(
                zip(table["sample"], round_predictions(table)["probability"], strict=True)
            )
            for sha256, table in tables.items()
        }
        first, second = self.exact.values()
        assert all(abs(first[sample] - second[sample]) > 1e-6 for sample in first)

    def _predict(self, model):
        frame = expression_of_frame(self.frame, model.manifest.genes_to_read)
        return predict(model, frame).table

    def some(self, chance):
        """A few samples, as both kinds of body."""
        frame = self.frame.sample(chance.randint(1, 4), random_state=chance.randint(0, 1 << 30))
        asked = [
            {"sample": sample, "values": values.to_dict()}
            for sample, values in frame.iterrows()
        ]
        return json.dumps({"samples": asked}), frame.to_csv(index_label="sample")


class Client(threading.Thread):
    """Asks until it is stopped, and notes what came of it."""

    def __init__(self, url, expected, number):
        super().__init__(daemon=True)
        self._host = url.removeprefix("http://")
        self._expected, self._chance = expected, random.Random(number)
        self.stopped = threading.Event()
        self.answers, self.wrong, self.lost = Counter(), [], 0

    def run(self):
        while not self.stopped.is_set():
            connection = http.client.HTTPConnection(self._host, timeout=SECONDS)
            try:
                while not self.stopped.is_set():
                    self._ask(connection)
            except (OSError, http.client.HTTPException):
                self.lost += 1
            finally:
                connection.close()

    def _ask(self, connection):
        as_json, as_csv = self._expected.some(self._chance)
        if self._chance.random() < 0.7:
            connection.request("POST", ADDRESS, as_json, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
            rows = {row["sample"]: row["probability"] for row in told["predictions"]}
            self._check(told["model"]["sha256"], rows, self._expected.exact, as_json)
        else:
            kinds = {"Content-Type": "text/csv", "Accept": "text/csv"}
            connection.request("POST", ADDRESS, as_csv, kinds)
            answer = connection.getresponse()
            told = csv.DictReader(io.StringIO(answer.read().decode()))
            rows = {row["sample"]: float(row["probability"]) for row in told}
            sha256 = answer.headers["X-Model-SHA256"]
            self._check(sha256, rows, self._expected.rounded, as_csv)
        if answer.status != 200:
            self.wrong.append(answer.status)

    def _check(self, sha256, rows, expected, asked):
        self.answers[sha256] += 1
        of_model = expected[sha256]
        if not rows or any(abs(of_model[name] - told) > 1e-12 for name, told in rows.items()):
            self.wrong.append((sha256, rows, asked))


def test_every_answer_is_that_of_the_model_that_it_names(tmp_path):
    folder = tmp_path / "panel"
    models = [invented_panel_model(seed=seed) for seed in (0, 1)]
    save_model(models[0], folder)
    expected = Expected(models)
    with serve(tmp_path, folder) as service:
        clients = [Client(service.url, expected, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for number in range(ROUNDS):
            put_another(folder, seed=(number + 1) % 2)
            os.kill(service.workers[0], signal.SIGKILL)
            service.wait_for("another one takes its place", number + 1)
            service.signal(signal.SIGHUP)
            service.wait_for("Reloaded", number + 1)
            time.sleep(1)
        wait_until(lambda: len(service.workers) == 2)
        for client in clients:
            client.stopped.set()
        for client in clients:
            client.join(SECONDS)
    wrong = [said for client in clients for said in client.wrong]
    assert not wrong, wrong[0]
    answers = sum((client.answers for client in clients), Counter())
    assert set(answers) == {model.sha256 for model in models}
    assert min(answers.values()) > 50, answers
    # Of a killed worker each client loses one at the most, and as many as a reload parts.
    assert sum(client.lost for client in clients) <= 2 * ROUNDS * CLIENTS
