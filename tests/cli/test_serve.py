"""`deepcme serve` before it serves: what it refuses, in a sentence. How it serves: tests/service."""

import socket

import pytest

from deepcme.service import serving
from deepcme.trained.files import save_model
from tests.cli.command import deepcme
from tests.trained.panels.invented import invented_panel_model


@pytest.fixture
def panel(tmp_path):
    save_model(invented_panel_model(), tmp_path / "panel")
    return tmp_path / "panel"


def refused(*words):
    """What it says when it will not begin."""
    ran = deepcme("serve", *words)
    assert ran.returncode == 2, ran.stderr
    assert not ran.stdout
    (line,) = ran.stderr.splitlines()
    return line


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_than_this_computer_take_a_token(panel, host):
    if host == "::" and not socket.has_ipv6:
        pytest.skip("this computer has no IPv6")
    said = refused(panel, "--host", host, "--port", 0)
    assert f"--host {host}: " in said
    if "no such address" not in said:
        assert "--token-file" in said


def test_a_token_that_others_can_read_is_refused(panel, tmp_path):
    (tmp_path / "token").write_text("0123456789abcdef0123")
    (tmp_path / "token").chmod(0o644)
    said = refused(panel, "--host", "0.0.0.0", "--token-file", tmp_path / "token")
    assert "chmod 600" in said
    assert "0123456789" not in said


def test_a_port_in_use_is_refused(panel):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} is in use" in refused(panel, "--port", port)


def test_two_models_of_one_name_are_refused(panel, tmp_path):
    other = tmp_path / "other" / "panel"
    assert "two models of the name panel" in refused(panel, other, "--port", 0)


def test_without_what_it_takes_it_says_how_to_get_it(panel, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert refused(panel).endswith("pip install 'deepcme[serve]'.")


def test_a_folder_without_a_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    said = refused(tmp_path / "empty", "--port", 0)
    assert f"{tmp_path}/empty: this is not a deepcme model" in said
