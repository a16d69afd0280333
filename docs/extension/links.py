"""Links that lead elsewhere in the sources than on the site."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.project import Project

EXPLAINED = "explained"
"""The folder of texts that ship with the package: here a symbolic link to them."""


def resolve_linked_folder(app: Sphinx) -> None:
    """Let links among the shipped texts lead to pages of the site.

    Sphinx reads them through the symbolic link, and takes the target of a link for the file
    behind it.
    """
    folder = app.srcdir / EXPLAINED
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} is no folder but a symbolic link that this checkout could not make: run "
            "git config core.symlinks true, then git checkout -- docs/explained, or copy "
            "src/deepcme/explained there."
        )
    project = app.project
    project.path2doc = _Pages(project, folder)  # type: ignore[method-assign]


@dataclass
class _Pages:
    """Names of pages by their files, also by the files behind a linked folder."""

    project: Project
    folder: Path

    def __call__(self, filename: str | os.PathLike[str]) -> str | None:
        path = Path(filename)
        if path.is_relative_to(behind := self.folder.resolve()):
            path = self.folder / path.relative_to(behind)
        if path.is_absolute() and not path.is_relative_to(self.project.srcdir):
            return None  # a file of the repository, which is no page
        return Project.path2doc(self.project, path)


def link_tutorials(app: Sphinx, doctree: nodes.document) -> None:
    """Let a link to a tutorial's script lead to the page that was made of it."""
    for node in list(doctree.findall(addnodes.download_reference)):
        name, _ = app.env.relfn2path(node["reftarget"], app.env.docname)
        path = Path(name)
        if path.parent.as_posix() != "tutorials" or path.suffix != ".py":
            continue
        if not (app.srcdir / path).exists():
            continue  # which Sphinx says
        to_page = addnodes.pending_xref(
            "",
            *node.children,
            refdomain="std",
            reftype="doc",
            refdoc=app.env.docname,
            reftarget=f"/generated/tutorials/{path.stem}",
            refexplicit=True,
            refwarn=True,
        )
        node.replace_self(to_page)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls, of this part alone or with the others."""
    app.connect("builder-inited", resolve_linked_folder)
    app.connect("doctree-read", link_tutorials)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
