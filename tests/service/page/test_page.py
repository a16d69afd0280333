"""The page in front: known by its hashes, the same for all, and asking nobody but the service."""

import hashlib
import re
from base64 import b64encode

import pytest

from deepcme.service.page.page import make_page


@pytest.fixture(scope="module")
def html():
    return make_page().html.decode()


def policy():
    """The directives of the policy, by name."""
    parts = make_page().headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize(
    ("element", "directive"), [("script", "script-src"), ("style", "style-src")]
)
def test_the_policy_lets_run_what_the_page_holds_by_its_hash(html, element, directive):
    (text,) = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", html, re.DOTALL)
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy()[directive]
    assert "unsafe" not in str(policy())


def test_the_policy_lets_it_ask_the_service_alone():
    expected = {
        "default-src": "'none'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert expected.items() <= policy().items()


def test_the_page_has_no_style_or_script_of_an_attribute(html):
    markup = re.sub(r"(?s)<(script|style).*?</\1>", "", html)
    assert not re.search(r"\s(style|on\w+)=", markup)
    assert "http://" not in html and "https://" not in html


def test_texts_become_elements_without_being_parsed(html):
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in html


def test_nothing_is_kept_by_the_browser(html):
    assert make_page().headers["Cache-Control"] == "no-store"
    for place in ("localStorage", "sessionStorage", "indexedDB", "cookie", "caches."):
        assert place not in html


def test_the_page_says_that_it_is_for_research(html):
    said = html.count("For research: not a medical device")
    assert said == 2, "at the top, and beside the results"
