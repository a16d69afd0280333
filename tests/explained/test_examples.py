"""What the texts show can be typed, and prints what they say it prints."""

import pytest

from deepcme.explained.topics import list_topics
from tests.explained.examples import examples_of, run_examples

WITH_EXAMPLES = [topic for topic in list_topics() if examples_of(topic.text)]


@pytest.mark.parametrize("topic", WITH_EXAMPLES, ids=lambda topic: topic.name)
def test_an_example_prints_what_the_text_shows(topic, tmp_path, monkeypatch):
    """Lines may be broken elsewhere."""
    monkeypatch.chdir(tmp_path)
    for said, (_, shown) in zip(run_examples(topic.text), examples_of(topic.text), strict=True):
        assert said.split() == shown.split()
