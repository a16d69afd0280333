"""Study files that are deep, huge or no text: one sentence before any fit, which names the place."""

import pytest

from tests.attacks.command import deepcme
from tests.attacks.crafted import sound_cohort

pytestmark = pytest.mark.cause("study-file")

BASE = '[cohort]\npath = "cohort.h5ad"\n'
MODEL = f'{BASE}[[models]]\nname = "one"\n'


def parameter(estimator, value):
    return f'{MODEL}estimator = "{estimator}"\nparameters = {{{value}}}\n'


ATTACKS = {
    "lists in lists": (f"{BASE}x = {'[' * 900}{']' * 900}\n", "line 3: values nested too deep"),
    "lists in lists without end": (f"{BASE}x = {'[' * 100_000}", "line 3: values nested"),
    "tables in tables": (f"{BASE}x = {'{a=' * 2000}1{'}' * 2000}\n", "line 3: values nested"),
    "a name of 20,000 parts": (
        f"{BASE}{'.'.join('a' * 20_000)} = 1\n",
        "line 3: a name of over",
    ),
    "a seed of 10,000 digits": (
        f"seed = {'9' * 10_000}\n{BASE}",
        "line 1: a number of far too",
    ),
    "a seed of 400 digits": (f"seed = {'9' * 400}\n{BASE}", "seed: a whole number lies"),
    "a seed of 100,000 hexadecimal digits": (
        f"seed = 0x{'f' * 100_000}\n{BASE}",
        "seed: a whole",
    ),
    "more than a study file can hold": (f"# {'x' * 100_000_000}\n{BASE}", "at most 1 MB"),
    "a million settings": ("".join(f"k{i} = 1\n" for i in range(10**6)) + BASE, "at most 1 MB"),
    "a parameter that is no number": (parameter("LR", "C = nan"), "C must be a number"),
    "an endless dropout": (parameter("DeepCME", "dropout = inf"), "dropout must be a finite"),
    "no layers": (
        parameter("DeepCME", "hidden_layers = []"),
        "hidden_layers needs at least one",
    ),
    "a number of layers": (
        parameter("DeepCME", "hidden_layers = 5"),
        "hidden_layers must list",
    ),
    "words as layers": (parameter("DeepCME", 'hidden_layers = ["a"]'), "hidden_layers takes"),
    "a date as a number": (parameter("LR", "C = 2020-01-01"), "C must be a number"),
    "a protocol that is a list": (f"protocol = []\n{BASE}", "protocol: input should be"),
    "a model that is a list": (f"models = [[]]\n{BASE}", "models.0: input should be"),
    "a setting twice": (f"seed = 1\nseed = 2\n{BASE}", "Cannot overwrite a value (at line 2"),
    "UTF-16": (BASE.encode("utf-16"), "line 1 is not UTF-8"),
    "bytes of zero": (f"seed = 1\x00\n{BASE}", "at line 1"),
}
cases = pytest.mark.parametrize("name", ATTACKS)


def refused(folder, name):
    content, words = ATTACKS[name]
    path = folder / "study.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    sound_cohort(folder / "cohort.h5ad")
    outcome = deepcme("run", path, "--out", folder / "out")
    outcome.require_one_sentence("study.toml", words)
    assert not (folder / "out").exists()
    assert len(outcome.err) < 500 + len(str(path))


def test_a_deep_study_file_is_refused_in_one_sentence(tmp_path):
    refused(tmp_path, "lists in lists")


@pytest.mark.attack
@cases
def test_each_is_refused_before_any_fit(tmp_path, name):
    refused(tmp_path, name)
