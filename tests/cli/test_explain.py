"""`deepcme explain` prints a text, or lists them; on a terminal as a page."""

import io
import sys

from deepcme.cli.main import main
from deepcme.explained.topics import FOLDERS, list_topics
from tests.cli.command import deepcme


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_topic_all_are_listed_by_folder():
    listed = deepcme("explain")
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == [
        f"{about}:" for about in FOLDERS.values()
    ]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [
        topic.name for topic in list_topics()
    ]
    assert "  DCM005  Too few events for this split and model" in lines


def test_a_text_in_a_pipe_is_its_markdown_with_commands_for_links():
    said = deepcme("explain", "dcm005").stdout
    assert said.startswith("# DCM005: Too few events")
    assert "```python" in said
    assert "](" not in said
    assert said.splitlines()[-1].startswith("See also: `deepcme explain ")


def test_a_text_on_a_terminal_is_a_page_that_fits_it(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "argv", ["deepcme", "explain", "DCM007"])
    monkeypatch.setenv("COLUMNS", "60")
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
    shown = stream.getvalue()
    assert "# DCM007" not in shown
    assert "Why it matters" in shown
    assert "|" not in shown.partition("Why it matters")[0]


def test_an_unknown_topic_is_refused_with_the_nearest():
    refused = deepcme("explain", "few-event")
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        "deepcme: deepcme explain has no text about 'few-event'; did you mean 'few-events'"
    )
    assert refused.stderr.count("\n") == 1
