"""What the site makes of the program itself: commands, settings and the Python reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    # Imported here, so that a part can be had without the others.
    from extension.commands import CommandList, CommandPage
    from extension.members import skip_foreign
    from extension.search import SearchQuestions
    from extension.settings import StudySettings, TrainingSettingsTable

    app.setup_extension("extension.links")
    app.connect("autodoc-skip-member", skip_foreign)
    app.add_search_language(SearchQuestions)
    app.add_directive("command", CommandPage)
    app.add_directive("commands", CommandList)
    app.add_directive("study-settings", StudySettings)
    app.add_directive("training-settings", TrainingSettingsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
