"""A worker says where a request failed, though all else that is written there is lost."""

import multiprocessing
import os
import sys
import urllib.error
import urllib.request

import pytest

from deepcme.base.processes.workers import starter
from deepcme.service.addresses import predictions
from deepcme.service.processes.listening import address_of, listen
from deepcme.service.processes.signals import STOP
from deepcme.service.processes.worker import SERVING, work
from deepcme.service.settings import ServiceSettings
from tests.service.asking import served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


def test_a_failure_is_told_where_the_service_runs(panel_model, monkeypatch, capfd):
    def fail(*asked):
        os.write(2, b"SECRET")
        raise RuntimeError("SECRET")

    monkeypatch.setattr(predictions, "read_samples", fail)
    models = {"panel": served("panel", panel_model)}
    forking = multiprocessing.get_context("fork")
    orders, told = forking.Pipe()
    with listen("127.0.0.1", 0) as listening:
        process = forking.Process(
            target=work, args=(models, ServiceSettings(), listening, 5, told, starter())
        )
        process.start()
        assert orders.recv() == SERVING
        asked = urllib.request.Request(
            f"{address_of(listening)}/v1/models/panel/predictions",
            b"{}",
            {"Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(asked, timeout=60)
        orders.send(STOP)
        process.join(60)
    assert process.exitcode == 0
    said = capfd.readouterr()
    assert "A request failed: RuntimeError in test_worker.py, line" in said.err
    assert "SECRET" not in said.err + said.out
