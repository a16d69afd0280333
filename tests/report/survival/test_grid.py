"""What a search of the settings of networks of times is shown as."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import vl_convert

from deepcme.report.blocks import Figure, Table
from deepcme.report.figures.styles import VEGA_LITE
from deepcme.report.section import Contents
from deepcme.report.survival import grid


def blocks_of(search, summary=None):
    folder = SimpleNamespace(
        has_table=lambda _: summary is not None, read_table=lambda _: summary
    )
    study = SimpleNamespace(grid=SimpleNamespace(search=search))
    contents = Contents(SimpleNamespace(folder=folder, study=study))
    grid.SECTION.compute(contents)
    return contents, [block for block in grid.SECTION.write(contents) if block]


def test_each_setting_has_its_c_and_how_often_it_was_chosen():
    summary = pd.DataFrame(
        {
            "width": 64,
            "batch_size": [32, 32, 128, 128],
            "penalty_strength": [0.01, 0.1, 0.01, 0.1],
            "valid_loss": 4.5,
            "valid_c": 0.61,
            "test_uno_c": [0.6, 0.62, 0.58, 0.6],
            "test_uno_c_sd": np.nan,
            "chosen_in_splits": [0, 2, 1, 0],
        }
    )
    contents, blocks = blocks_of("fig7", summary)
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert table.shown.rows[1][-2:] == ["0.620", "2"], "nothing is known of the sd"
    chart = contents.charts["grid_summary"].to_dict()
    assert chart["layer"][0]["encoding"]["y"]["title"] == "Mean test Uno's C"
    assert vl_convert.vegalite_to_svg(chart, vl_version=VEGA_LITE)
    assert any(isinstance(block, Figure) for block in blocks)


def test_without_a_search_there_is_no_such_section():
    contents, blocks = blocks_of("none")
    assert blocks == []
    assert [part.option for part in contents.not_run] == ["--grid fig7"]


def test_one_that_is_not_finished_says_so():
    contents, _ = blocks_of("fig7")
    assert contents.unfinished == ["search of the network's settings"]
    assert contents.not_run == []
