"""How Sphinx builds the site: `make docs`."""

from deepcme import __version__

project = "deepcme"
author = "The deepcme developers"
copyright = author
version = release = __version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
default_role = "literal"  # of docstrings, whose backticks are names

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name the types
numpydoc_show_class_members = False
autosummary_generate = False

html_theme = "furo"
html_title = f"deepcme {release}"
html_copy_source = False
