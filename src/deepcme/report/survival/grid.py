"""What each setting of the networks of times came to, where a grid was searched."""

from __future__ import annotations

from deepcme.evaluation.survival.measured import UNO
from deepcme.report.blocks import Blocks, Figure, Heading
from deepcme.report.figures.study import plot_grid
from deepcme.report.formatting import TableLayout
from deepcme.report.section import Contents, Section
from deepcme.study.parts.grid import TUNED_OF_TIMES

GRID_SUMMARY = "grid_summary.csv"
_LAYOUT = TableLayout(
    "Means over the grid; the validation loss alone makes the choice.",
    ("width", "Width", ".0f"), ("batch_size", "Batch", ".0f"),
    ("penalty_strength", "lambda", "g"), ("valid_loss", "Validation loss", ".3f"),
    ("valid_c", "Validation C", ".3f"), ("test_uno_c", "Test C", ".3f"),
    ("test_uno_c_sd", "sd", ".3f"), ("chosen_in_splits", "Chosen in splits", ".0f"),
    note="Validation loss: minus the log partial likelihood that validation patients add, for "
    "each of their events. Validation C: Harrell's; test C: Uno's.",
)  # fmt: skip


def _compute(contents: Contents) -> None:
    folder = contents.results.folder
    is_asked = contents.results.study.grid.search != "none"
    if not is_asked or not folder.has_table(GRID_SUMMARY):
        contents.miss("search of the network's settings", "--grid fig7", asked=is_asked)
        return
    contents.add(
        "grid_summary",
        lambda: folder.read_table(GRID_SUMMARY),
        _LAYOUT,
        lambda table: plot_grid(table, UNO.name, UNO.heading, "valid_c"),
    )


def _write(contents: Contents) -> Blocks:
    if "grid_summary" not in contents.tables:
        return
    yield Heading("Search of the network's settings", "grid")
    yield Figure(
        "grid_summary",
        "Uno's C on test patients over lambda by batch size; the numbers are in the next table",
        f"Mean Uno's C on test patients over lambda, by batch size, at width 64. "
        f"{TUNED_OF_TIMES} is in each split the network of lowest validation loss: test "
        "patients have no say, so that the highest point here is no result.",
    )
    yield contents.show("grid_summary")


SECTION = Section(_write, _compute)
