"""What the site is built with refuses a broken link, and its questions name pages that exist."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ask_docs import IN_OTHER_WORDS, QUESTIONS

ROOT = Path(__file__).resolve().parents[2]
CONF = """
import sys
sys.path.insert(0, {docs!r})
extensions = ["myst_parser", "extension.links"]
nitpicky = True
myst_heading_anchors = 3
html_theme = "basic"
"""


PAGE = """# Site

[page](other.md), [heading](other.md#there-is-this), [text](explained/a.md)

[no page](missing.md)

[no heading](other.md#not-there)

```{toctree}
other
explained/a
explained/b
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What Sphinx says of a page with good links and broken ones, and of texts behind a link."""
    for library in ("sphinx", "myst_parser"):
        pytest.importorskip(library, reason="what builds the site is not installed")
    site, behind = (tmp_path_factory.mktemp(name) for name in ("site", "behind"))
    (site / "conf.py").write_text(CONF.format(docs=str(ROOT / "docs")))
    (site / "index.md").write_text(PAGE)
    (site / "other.md").write_text("# Other\n\n## There is this\n")
    (behind / "a.md").write_text("# A\n\nSee [b](b.md) and [c](c.md).\n")
    (behind / "b.md").write_text("# B\n")
    (site / "explained").symlink_to(behind, target_is_directory=True)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-n",
            "-q",
            site,
            site / "built",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )


def test_a_broken_link_fails_the_build_and_a_good_one_does_not(built):
    assert built.returncode != 0
    broken = {line.split(": WARNING")[0].split("/")[-1] for line in built.stderr.splitlines()}
    assert broken == {"index.md:5", "index.md:7", "a.md:3"}
    assert "missing.md" in built.stderr
    assert "not-there" in built.stderr
    assert built.stderr.count("WARNING") == 3


def test_questions_name_pages_that_exist():
    for answers in {**QUESTIONS, **IN_OTHER_WORDS}.values():
        pages = [name for name in answers.split() if not name.startswith("reference/api/")]
        assert all((ROOT / f"docs/{name}.md").exists() for name in pages), answers
