"""How long a fit may take, as timed on this machine."""

import time
from types import SimpleNamespace

import pytest

from deepcme.models.registry import KINDS
from deepcme.study.fits import costs

SECONDS_TO_GET_READY = 0.1
SECONDS_AN_EPOCH = 0.001


class GettingReady:
    """A network whose first training in a process takes longer, as PyTorch's does."""

    is_ready = False

    def __init__(self, hidden_layers, batch_size, max_epochs):
        self.max_epochs = max_epochs

    def fit(self, X, y, validation_rows):
        time.sleep(SECONDS_AN_EPOCH * self.max_epochs)
        if not GettingReady.is_ready:
            time.sleep(SECONDS_TO_GET_READY)
            GettingReady.is_ready = True


@pytest.mark.parametrize("name", ["DeepCME", "DeepCME-Cox"])
def test_what_an_engine_takes_to_get_ready_is_not_taken_for_its_epochs(name, monkeypatch):
    monkeypatch.setattr(costs, "_TIMED_SECONDS", 0.03)
    monkeypatch.setattr(GettingReady, "is_ready", False)
    found = costs._single_network(KINDS[name])
    single = SimpleNamespace(type=GettingReady, outcomes=found.outcomes)
    monkeypatch.setattr(costs, "_single_network", lambda _: single)
    epoch = costs.time_epoch(KINDS[name], {}, n_rows=8, n=4)
    assert SECONDS_AN_EPOCH <= epoch < SECONDS_TO_GET_READY / 8
