"""A portal, the command line, and no waiting between attempts."""

import pytest
import stamina

from tests.sources.fetching.portal import CommandLine, Portal, serving


@pytest.fixture
def portal():
    with serving(Portal()) as running:
        yield running


@pytest.fixture
def deepcme(monkeypatch, capsys):
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def no_waiting():
    """Attempts follow each other at once."""
    with stamina.set_testing(True, attempts=6, cap=True):
        yield
