"""What a page holds inside itself, and the policy by which a browser runs nothing else."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from threading import Lock, Thread

import jinja2
import vl_convert
from markupsafe import Markup

from deepcme.report.figures.styles import VEGA_LITE

_BUNDLING = Lock()


@dataclass(frozen=True)
class Inline:
    """The style and scripts of a page.

    Attributes
    ----------
    style, vega, script : Markup
        The whole text of an element each, as it stands between its tags.
    """

    style: Markup
    vega: Markup
    script: Markup

    @property
    def policy(self) -> str:
        """The Content-Security-Policy that lets these run, nothing else, and nothing load.

        Scripts and styles are known by the SHA-256 of their text (W3C, Content Security
        Policy Level 3).
        """
        return "; ".join(
            [
                "default-src 'none'",
                f"script-src {_digest(self.vega)} {_digest(self.script)}",
                f"style-src {_digest(self.style)}",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        )


def make_inline(
    environment: jinja2.Environment,
    *,
    charts: bool = True,
    foot: str = "",
    heights: Mapping[str, int] | None = None,
    folders: Iterable[str] = (),
) -> Inline:
    """Join style and script of the templates, and take Vega from the package that has it.

    Parameters
    ----------
    environment : jinja2.Environment
    charts : bool
        Whether the page has any, and so Vega.
    foot : str
        What stands at the foot of each printed page, beside its number.
    heights : mapping
        Pixels to keep for each chart until it is drawn, by its name.
    folders : iterable of str
        Those of the templates whose style and scripts this page has beside those of every
        page. The scripts of a folder share what they name.
    """
    styles = _sources(environment, "css", first="page.css", last="print.css")
    scripts = _sources(environment, "js", first="charts.js", last="navigation.js")
    for folder in folders:
        styles += _sources(environment, "css", folder)
        scripts.append("".join(_sources(environment, "js", folder, last="start.js")))
    # What a script names is its own.
    script = "".join(f"{{\n{text}}}\n" for text in scripts)
    style = "".join(styles) + _foot_of_paper(foot) + _room_of(heights or {})
    return Inline(Markup(style), vega_bundle() if charts else Markup(""), Markup(script))


def _sources(
    environment: jinja2.Environment,
    extension: str,
    folder: str = "",
    *,
    first: str = "",
    last: str = "",
) -> list[str]:
    """The text of all templates of one kind that stand in a folder."""
    assert environment.loader is not None
    paths = map(PurePosixPath, environment.list_templates(extensions=[extension]))
    ordered = sorted(
        (path for path in paths if path.parent == PurePosixPath(folder)),
        key=lambda path: (path.name == last, path.name != first, path.name),
    )
    return [environment.loader.get_source(environment, str(path))[0] for path in ordered]


def _room_of(heights: Mapping[str, int]) -> str:
    return "".join(
        f'[data-chart="{name}"]:not(.drawn) {{ min-height: {height}px; }}\n'
        for name, height in heights.items()
    )


def _foot_of_paper(text: str) -> str:
    """A rule of style that prints a text at the foot of each page.

    Whatever is no plain letter is written by its number (W3C, CSS Syntax Level 3, 4.3.7).
    """
    letters = [
        letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}"
        for letter in text
    ]
    return f'@page {{ @bottom-left {{ content: "{"".join(letters)}"; }} }}\n'


def vega_bundle() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as JavaScript, in the version Altair writes for.

    Bundling takes about a second, and gives the same each time.
    """
    with _BUNDLING:
        return _bundle()


def bundle_beside() -> None:
    """Bundle while other work goes on, so that it is done when a page wants it."""
    Thread(target=vega_bundle, daemon=True).start()


@cache
def _bundle() -> Markup:
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
    return Markup(script.replace("</script", "<\\/script"))


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
