"""Each model that a study can name has a text, whose settings are those of the code."""

import re
from inspect import signature

import pytest

from deepcme.explained.topics import find_topic
from deepcme.models.registry import KINDS

ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| ", re.MULTILINE)


def as_written(value):
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_models_text_tells_the_defaults_of_the_code(kind):
    topic = find_topic(kind.name)
    assert (topic.folder, topic.name) == ("models", kind.name)
    parameters = signature(kind.type).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    told = dict(ROW.findall(topic.text))
    assert told
    assert told == {name: as_written({**defaults, **kind.defaults}[name]) for name in told}
    if not kind.library:
        assert set(told) == {*parameters} - {"random_state", "engine", "device"}
