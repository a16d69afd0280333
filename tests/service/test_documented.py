"""What the pages on serving print is asked of a real service, from a shell and from Python."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from deepcme.service.settings import ServiceSettings
from tests.service.serving import serve_model, serving
from tests.trained.panels.invented import invented_panel_model

PAGE = "".join(
    (Path(__file__).parents[2] / "docs/how-to" / name).read_text("utf-8")
    for name in ("serving.md", "serving-for-others.md")
)
TOKEN = "TOKEN-of-the-example"


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return serve_model(
        "model", invented_panel_model(genes=4), tmp_path_factory.mktemp("served")
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {"sample": ["A", "B"], **{f"GENE{i}": [7.1, 6.4] for i in range(1, 5)}}
    pd.DataFrame(values).to_csv("new-samples.csv", index=False)
    (tmp_path / "token").write_text(TOKEN)
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_what_a_shell_asks_is_answered(model, folder):
    asked = [
        line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl")
    ]
    assert len(asked) == 5
    for line in asked:
        token = TOKEN if "Authorization" in line else None
        with serving({"model": model}, ServiceSettings(token=token)) as url:
            typed = line.replace("http://127.0.0.1:8000", url).replace("curl ", "curl -sf ")
            ran = subprocess.run(typed, shell=True, capture_output=True, timeout=30, check=True)
        if "-o" in typed.split():
            assert pd.read_csv("predictions.csv")["sample"].tolist() == ["A", "B"]
        else:
            assert (
                json.loads(ran.stdout).keys() >= {"models"}
                or json.loads(ran.stdout)["predictions"]
            )


def test_what_python_asks_is_answered(model, folder, capsys):
    (code,) = blocks("python")
    with serving({"model": model}, ServiceSettings(token=TOKEN)) as url:
        exec(
            code.replace("http://127.0.0.1:8000", url).replace(
                "Bearer TOKEN", f"Bearer {TOKEN}"
            )
        )
    assert capsys.readouterr().out.startswith("A ")


def test_the_limits_are_those_that_hold():
    told = ServiceSettings()
    for words in (
        f"| {told.json_bytes >> 20} MiB |",
        f"| {told.samples:,} |",
        f"| {told.columns:,}, and {told.cells // 10**6} million |",
        f"| {told.at_work}, and {told.waiting} |",
        f"| {told.header_seconds:.0f}, {told.body_seconds:.0f} and {told.prediction_seconds:.0f} seconds |",
    ):
        assert words in PAGE
