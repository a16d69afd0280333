"""What was not asked for is one line at the end, with a command that can be typed."""

from types import SimpleNamespace

from deepcme.report.closing.not_run import SECTION
from deepcme.report.render import render_markdown, render_page
from deepcme.report.section import Contents


def contents_that_lack(*parts):
    contents = Contents(SimpleNamespace())
    for what, option, asked in parts:
        contents.miss(what, option, asked=asked)
    return contents


def test_one_line_names_all_and_the_command_is_one_without_a_name_to_put_in():
    contents = contents_that_lack(
        ("others' patients", "--also COHORT.h5ad", False),
        ("permutation test", "--permutations 50", False),
    )
    assert render_markdown("h", SECTION.write(contents)).endswith(
        "Not run: permutation test (`--permutations 50`); others' patients (`--also COHORT.h5ad`). "
        "In the study's folder `deepcme run study.toml --out . --permutations 50` adds the first "
        "of these, and so the others; what is fitted already stays.\n"
    )
    page = render_page("t", "h", SECTION.write(contents))
    assert "<code>deepcme run study.toml --out . --permutations 50</code>" in page
    assert "<h2" not in page


def test_what_was_asked_for_is_not_called_not_run():
    contents = contents_that_lack(("gene selection", "--selection", True))
    text = render_markdown("h", SECTION.write(contents))
    assert "Not finished: gene selection. The same command as before goes on." in text
    assert "Not run" not in text


def test_nothing_is_said_where_nothing_is_missing():
    assert [*SECTION.write(contents_that_lack())] == []
