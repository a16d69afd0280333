"""TOML is read as plain data, or refused in a sentence that names the line or setting."""

import time

import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.toml import load_toml

BASE = 'seed = 1\n[cohort]\npath = "cohort.h5ad"\n'
READ = {"seed": 1, "cohort": {"path": "cohort.h5ad"}}


def loaded(folder, content):
    path = folder / "study.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_toml(path)


@pytest.mark.parametrize(
    "content",
    [BASE, b"\xef\xbb\xbf" + BASE.encode(), BASE.replace("\n", "\r\n")],
    ids=["plain", "byte-order mark", "CRLF"],
)
def test_files_of_every_editor_are_read(content, tmp_path):
    assert loaded(tmp_path, content) == READ


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{BASE}x = {'[' * 900}{']' * 900}\n", "line 4: values nested too deep"),
        (f"{BASE}x = {'{a=' * 3000}1{'}' * 3000}\n", "line 4: values nested too deep"),
        (f"{BASE}x = {'[' * 30}{']' * 30}\n", "cohort.x.0.0.0"),
        (
            f"{BASE}[{'.'.join('a' * 50)}]\n",
            "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: values",
        ),
        (f"{BASE}{'.'.join(['a'] * 30_000)} = 1\n", "line 4: a name of over 100 parts"),
        (BASE + ".".join(['"a b"'] * 30_000) + " = 1\n", "line 4: a name of over 100 parts"),
        (f"{BASE}x = {'9' * 10_000}\n", "line 4: a number of far too many digits"),
        (f"{BASE}x = {'9' * 400}\n", "cohort.x: a whole number lies between"),
        (f"{BASE}x = 0x{'f' * 90_000}\n", "cohort.x: a whole number lies between"),
        (f"{BASE}x = [1, 2, 9223372036854775808]\n", "cohort.x.2: a whole number"),
        (f"{BASE}x = 1\nx = 2\n", "not valid TOML: Cannot overwrite a value (at line 5"),
        (f"{BASE}x = \x00\n", "not valid TOML: Invalid value (at line 4"),
        (BASE.encode("utf-16"), "line 1 is not UTF-8: save the file as UTF-8"),
        (f"{BASE}# caf\xe9\n".encode("latin-1"), "line 4 is not UTF-8"),
        (f"{BASE}# {'x' * 1_000_000}\n", "the file has 1.0 MB, and such a file at most 1 MB"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_study_is_refused_at_once(content, words, tmp_path):
    start = time.monotonic()
    with pytest.raises(DeepCMEError) as caught:
        loaded(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'study.toml'}: ")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "text", ["a" * 900_000, "a " * 450_000, "a." * 90 + "a", '"' * 900_000]
)
def test_text_of_any_kind_is_looked_through_quickly(text, tmp_path):
    start = time.monotonic()
    with pytest.raises(DeepCMEError, match="not valid TOML"):
        loaded(tmp_path, text)
    assert time.monotonic() - start < 10
