"""The page in front of the service: the same bytes for everybody, of which none is of a model.

It may therefore be shown to whoever has no token. It asks for one, keeps it in its memory, and
sends it with whatever it asks the service for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import jinja2
from markupsafe import Markup

from deepcme.report.inline import make_inline
from deepcme.report.render import make_environment

_SCRIPTS = ("elements", "service", "models", "values", "results", "front")
"""In the order in which they use each other."""
_FOOT = "For research: not a medical device"


@dataclass(frozen=True)
class Page:
    """The page, and the headers that it is sent with.

    Attributes
    ----------
    html : bytes
        In UTF-8.
    headers : mapping of str
        The policy by which the browser runs nothing but the page's own script, asks nobody but
        the service, shows the page in no frame, and stores nothing.
    """

    html: bytes
    headers: Mapping[str, str]


@cache
def make_page() -> Page:
    """Make the page.

    Examples
    --------
    >>> from deepcme.service.page.page import make_page
    >>> b"not a medical device" in make_page().html
    True
    """
    environment = make_environment()
    assert environment.loader is not None
    environment.loader = jinja2.ChoiceLoader(
        [jinja2.PackageLoader("deepcme.service.page"), environment.loader]
    )
    script = "".join(_source(environment, f"{name}.js") for name in _SCRIPTS)
    inline = replace(make_inline(environment, charts=False, foot=_FOOT), script=Markup(script))
    policy = (
        f"{inline.policy}; connect-src 'self'; img-src data:; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )
    html = environment.get_template("front.html").render(inline=inline)
    return Page(
        html.encode(),
        {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    )


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
