"""Names in Markdown are shown letter by letter: no link, no element, no other cell or block."""

import pytest
from markupsafe import Markup

from deepcme.report.markdown import code_span, escape_markdown, finalize
from deepcme.report.render import make_environment


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("[a](javascript:alert(1))", r"&#91;a&#93;(javascript:alert(1))"),
        ("![a](http://x.org/p.png)", r"!&#91;a&#93;(http&#58;//x.org/p.png)"),
        ("[a]: javascript:1", r"&#91;a&#93;: javascript:1"),
        ("<javascript:alert(1)>", "&lt;javascript:alert(1)&gt;"),
        ("<img src=x onerror=1>", "&lt;img src=x onerror=1&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("https://x.org", "https&#58;//x.org"),
        ("see WWW.x.org", "see WWW&#46;x.org"),
        ("a|b", "a&#124;b"),
        ("`code`", r"\`code\`"),
        ("*a* _b_ ~~c~~", r"\*a\* \_b\_ \~\~c\~\~"),
        ("a\\", r"a\\"),
        ("# title", r"\# title"),
        ("> quote", "&gt; quote"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("1. item", r"1\. item"),
        ("12) item", r"12\) item"),
        ("---", r"\---"),
        ("===", r"\==="),
        ("a\n\n# b\r\n<x>", "a # b &lt;x&gt;"),
    ],
)
def test_what_markdown_reads_is_escaped(text, escaped):
    assert escape_markdown(text) == escaped


@pytest.mark.parametrize(
    "text", ["hidden_layers", "-0.031", "+0.5", "BRCA1", "P(x) = 0.5", "1.5", "Student's t"]
)
def test_plain_words_and_numbers_stay(text):
    assert escape_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "code"), [("a b", "`a b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```")]
)
def test_code_stands_between_more_backticks_than_it_has(text, code):
    assert code_span(text) == code


def test_a_template_escapes_text_and_leaves_numbers_and_its_own_marks():
    environment = make_environment(markdown=True)
    template = environment.from_string("| {{ a }} | {{ b }} | {{ ('---:') | safe }} |")
    assert template.render(a="[x](y)", b=-1.5) == r"| &#91;x&#93;(y) | -1.5 | ---: |"
    assert finalize(Markup("[x](y)")) == "[x](y)"
