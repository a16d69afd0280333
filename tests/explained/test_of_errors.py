"""On a terminal an error is followed by the text about it; elsewhere it stays one line."""

import copy
import importlib.util
import io
import sys
from pathlib import Path

import pytest

import deepcme
from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.cli.main import main
from deepcme.explained import of_errors
from deepcme.explained.of_errors import topic_of
from deepcme.explained.topics import find_topic
from tests.cli.command import deepcme as command

SOURCES = Path(deepcme.__file__).parent


class Terminal(io.StringIO):
    def isatty(self):
        return True


def said_on_a_terminal(monkeypatch, *words):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "argv", ["deepcme", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return stream.getvalue().splitlines()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "expression.csv").write_text("sample,TP53,ESR1\nS1,1.5,2\nS2,2,3\nS3,n/a,1\n")
    (tmp_path / "samples.csv").write_text("sample,relapse\nS1,1\nS2,0\nS3,1\n")
    (tmp_path / "twice.csv").write_text("sample,relapse\nS1,1\nS1,0\nS3,1\n")
    (tmp_path / "words.csv").write_text("sample,relapse\nS1,maybe\nS2,0\nS3,1\n")
    (tmp_path / "sound.csv").write_text("sample,TP53,ESR1\nS1,1.5,2\nS2,2,3\nS3,9,1\n")
    (tmp_path / "study.toml").write_text("[split]\nrepeats = 'many'\n")
    return tmp_path


PREPARE = ("prepare", "table", "-o", "cohort.h5ad", "--label", "relapse")


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("files", (*PREPARE, "--expression", "none.csv", "--samples", "samples.csv")),
        ("files", (*PREPARE, "--expression", "expression.csv", "--samples", "samples.csv")),
        ("patients", (*PREPARE, "--expression", "sound.csv", "--samples", "twice.csv")),
        ("outcome", (*PREPARE, "--expression", "sound.csv", "--samples", "words.csv")),
        ("study-file", ("run", "study.toml")),
        ("results-folder", ("report", "nowhere", "-q")),
        ("new-samples", ("predict", ".", "sound.csv", "-o", "risks.csv")),
        ("files", ("audit", "nowhere.h5ad")),
    ],
)
def test_an_error_on_a_terminal_ends_with_the_text_about_it(topic, words, folder, monkeypatch):
    said = said_on_a_terminal(monkeypatch, *words)
    assert said[0].startswith("deepcme: ")
    assert said[-1] == f"More: deepcme explain {topic}"


def test_elsewhere_the_error_stays_one_sentence(folder):
    refused = command(*PREPARE, "--expression", "none.csv", "--samples", "samples.csv")
    assert refused.stderr == "deepcme: none.csv: there is no such file.\n"


def test_every_topic_of_an_error_is_a_text_and_of_a_module_there_is():
    for module, topic in of_errors._TOPICS.items():
        assert find_topic(topic).folder == "topics"
        assert importlib.util.find_spec(f"deepcme.{module}"), module
    for path in SOURCES.rglob("*.py"):
        _, *given = path.read_text("utf-8").split('topic="')
        for text in given:
            find_topic(text.partition('"')[0])


def test_a_topic_of_its_own_goes_first_and_stays_with_what_passes_it_on():
    error = DeepCMEError("No.", topic="memory")
    assert topic_of(copy.copy(error)) == "memory"
    with pytest.raises(DeepCMEError, match="No") as named, naming_file("a.csv"):
        raise error
    assert topic_of(named.value) == "memory"


def test_an_error_of_elsewhere_has_none():
    assert topic_of(ValueError("no")) is None
    assert topic_of(DeepCMEError("no")) is None
