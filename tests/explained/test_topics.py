"""Every text is found by its name, is what each place can show, and comes with the package."""

import re

import pytest

import deepcme
from deepcme.explained.links import as_commands, linked_from
from deepcme.explained.topics import ALIASES, FOLDERS, find_topic, list_topics

TOPICS = {topic.name: topic for topic in list_topics()}
every_topic = pytest.mark.parametrize("topic", list_topics(), ids=TOPICS.get)
OF_THE_SITE_ALONE = re.compile(r"^:::|^```\{|^\(\w+\)=|\{\w+\}`|<!-- not", re.MULTILINE)


def test_a_text_is_found_in_capital_and_small_letters():
    assert find_topic("dcm005") == find_topic("DCM005") == TOPICS["DCM005"]


def test_measures_that_share_a_text_lead_to_it():
    for alias, name in ALIASES.items():
        assert alias not in TOPICS
        assert find_topic(alias.replace("-", "_")) == TOPICS[name]


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(deepcme.DeepCMEError, match="did you mean 'dcm005'"):
        find_topic("DCM05")


def test_all_texts_have_names_of_their_own():
    assert len({name.lower() for name in TOPICS}) == len(list_topics())
    assert {topic.folder for topic in list_topics()} == FOLDERS.keys()


@every_topic
def test_a_text_is_commonmark_with_one_title_of_one_line(topic):
    outside = re.sub(r"^```\w*\n.*?^```$", "", topic.text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall("^# .*", outside, re.MULTILINE) == [f"# {topic.title}"]
    assert len(topic.title) <= 80
    assert not OF_THE_SITE_ALONE.search(outside)


@every_topic
def test_a_text_links_to_others_alone(topic):
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", topic.text)
    assert len(set(links)) == len(linked_from(topic.text))
    for name in linked_from(topic.text):
        assert name in TOPICS


def test_links_are_told_as_commands_where_nothing_can_be_clicked():
    said = as_commands("See [few events](../topics/few-events.md) and [AUC](auc.md).\n")
    assert said == (
        "See few events and AUC.\n\nSee also: `deepcme explain few-events`, "
        "`deepcme explain auc`.\n"
    )
