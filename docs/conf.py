"""How Sphinx builds the site: `make docs`; `make docs-text` runs no tutorial (`-t text`)."""

import os
import sys
from pathlib import Path

from deepcme import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # where our own extension is

# Tutorials, which sphinx-gallery runs, take as many cores as the studies in them ask for.
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "deepcme"
author = "The deepcme developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "extension",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["tutorials", "extension"]
templates_path = ["_templates"]
nitpicky = True
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]
smartquotes = False  # or -- of an option becomes a dash
default_role = "literal"  # of docstrings, whose backticks are names

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name the types
numpydoc_show_class_members = False
autosummary_generate = True

sphinx_gallery_conf = {
    "examples_dirs": "tutorials",
    "gallery_dirs": "generated/tutorials",
    "filename_pattern": r"\.py$",  # each runs
    "plot_gallery": not tags.has("text"),  # noqa: F821 (Sphinx defines it)
    "abort_on_example_error": False,  # the others run too; -W makes a failure one
    "only_warn_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1,
    "write_computation_times": False,
    "image_scrapers": ("extension.charts.draw_chart",),
    "ignore_repr_types": r"report\.plot\.Plot",  # drawn; its words would stand beside it
    "reset_modules": (),
    "capture_repr": ("_repr_html_", "__repr__"),
}

html_theme = "pydata_sphinx_theme"
html_title = f"deepcme {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_search_language = "en"
html_search_scorer = str(HERE / "extension/scorer.js")
html_theme_options = {
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
