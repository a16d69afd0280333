"""`deepcme card` from the command line: its files, and what it refuses."""

import pytest

from deepcme.trained.files import save_model
from tests.cli.command import deepcme
from tests.trained.panels.invented import invented_panel_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("of-cards") / "a-panel"
    save_model(invented_panel_model(), path)
    return path


@pytest.mark.parametrize(
    ("name", "begins"), [("c.html", "<!doctype html>"), ("c.md", "# Model"), ("c.xml", "<?xml")]
)
def test_a_card_is_of_the_kind_that_its_name_says(folder, tmp_path, name, begins):
    done = deepcme("card", folder, "-o", tmp_path / name)
    assert (done.returncode, done.stdout) == (0, f"Wrote {tmp_path / name}.\n")
    assert (tmp_path / name).read_text().startswith(begins)


def test_answers_go_from_the_template_into_the_card(folder, tmp_path):
    answers, card = tmp_path / "card.toml", tmp_path / "card.md"
    assert deepcme("card", folder, "--answers-template", answers, "-q").returncode == 0
    text = answers.read_text().replace('contact = ""', 'contact = "someone@example.org"')
    answers.write_text(text)
    assert deepcme("card", folder, "-o", card, "--answers", answers).returncode == 0
    assert "- **Contact**: someone@example.org" in card.read_text()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "Name the card to write with -o"),
        (("-o", "card.docx"), "written as .html, .md, .xml"),
        (("-o", "card.md", "--validation", "."), "validation.json is missing or damaged"),
        (("-o", "card.md", "--answers", "none.toml"), "none.toml"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_sentence(folder, tmp_path, words, why):
    done = deepcme("card", folder, *words, cwd=tmp_path)
    assert done.returncode == 2 and why in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_model_that_computes_otherwise_gets_no_card(tmp_path):
    model = invented_panel_model()
    manifest = model.manifest.model_copy(update={"self_test": model.manifest.self_test + 1})
    save_model(type(model)(manifest, *parts_of(model), panel=model.panel), tmp_path / "model")
    done = deepcme("card", tmp_path / "model", "-o", tmp_path / "card.md")
    assert done.returncode == 2 and "self-test sample" in done.stderr


def parts_of(model):
    return model.learned, model.statistics, model.sketches
