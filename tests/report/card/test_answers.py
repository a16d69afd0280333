"""The user's answers: a template to fill in, and files that are refused in a sentence."""

import tomllib

import pytest

from deepcme import DeepCMEError
from deepcme.report.card.answers import (
    KEYS,
    check_answers,
    read_answers,
    template_of_answers,
    write_template,
)


def test_the_template_asks_every_question_and_says_nothing(tmp_path):
    path = tmp_path / "card.toml"
    write_template(path, 'model"\n[table]')
    assert list(tomllib.loads(path.read_text())) == list(KEYS)
    assert read_answers(path) == {}


def test_a_template_that_is_there_stays(tmp_path):
    path = tmp_path / "card.toml"
    path.write_text('contact = "me"')
    with pytest.raises(DeepCMEError, match="there already"):
        write_template(path, "model")
    assert read_answers(path) == {"contact": "me"}


def test_an_answer_filled_in_is_read(tmp_path):
    path = tmp_path / "card.toml"
    text = template_of_answers("model").replace('\nusers = ""', "\nusers = '''\nTwo\nlines'''")
    path.write_text(text)
    assert read_answers(path) == {"users": "Two\nlines"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('intended = "x"', "no question 'intended'"),
        ("users = 3", "'users' is no text"),
        ("[users]", "'users' is no text"),
        ("users = ", "cannot be read as TOML"),
        ('users = "\\u202e"', "users"),
    ],
)
def test_others_are_refused_by_name(tmp_path, text, why):
    path = tmp_path / "card.toml"
    path.write_text(text)
    with pytest.raises(DeepCMEError, match=f"card.toml.*{why}"):
        read_answers(path)


def test_answers_of_a_mapping_are_checked_alike():
    with pytest.raises(DeepCMEError, match="answers: there is no question 'who'"):
        check_answers({"who": "me"}, "answers")
