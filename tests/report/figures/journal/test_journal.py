"""Charts for print: as wide as a journal's column, in its letters, and still what they were."""

import re
import struct

import altair as alt
import pandas as pd
import pytest
from PIL import Image

from deepcme.report.figures import drawing
from deepcme.report.figures.journal import journal
from deepcme.report.figures.journal.fitting import fit
from deepcme.report.figures.journal.still import make_still
from deepcme.report.figures.styles import specify

POINTS_PER_MM = 72 / 25.4
DOTS = {85: 2008, 180: 4252}
FIRST, SECOND = "Committee 0.76 (0.68 to 0.83)", "Clinical 0.71 (0.62 to 0.79)"


def lines(*, beside=""):
    """Two lines of which a click picks one, with a band, and a text right of them."""
    table = pd.DataFrame(
        {"model": [FIRST, FIRST, SECOND, SECOND], "x": [0, 1, 0, 1], "y": [0.1, 0.8, 0.2, 0.7]}
    )
    picked = alt.selection_point(fields=["model"], bind="legend", value=[{"model": FIRST}])
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title="False-positive rate"), y=alt.Y("y:Q", title="Sensitivity")
    )
    band = base.mark_area().encode(
        y2=alt.datum(0),
        opacity=alt.condition(picked, alt.value(0.2), alt.value(0), empty=False),
    )
    drawn = base.mark_line(strokeWidth=0.3).encode(
        color=alt.Color("model:N", legend=alt.Legend(orient="right")),
        opacity=alt.condition(picked, alt.value(0.9), alt.value(0.1)),
        tooltip=["model:N"],
    )
    note = alt.Chart(pd.DataFrame({"text": [beside]})).mark_text(
        x=440 + 10, align="left", fontSize=9
    )
    chart = band.encode(color="model:N") + drawn.add_params(picked) + note.encode(text="text:N")
    title = alt.TitleParams("A title for the screen", subtitle="And how it was made")
    return chart.properties(title=title, width=440, height=60)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    charts = {
        "roc": lines(beside="of 97 patients"),
        "same": lines(beside="of 97 patients"),
        "wide": lines(beside="a table beside the plot, " * 3),
        "table_1": lines(),
    }
    with drawing.begin_drawing() as begun:
        begun.draw(charts, for_journal=True)
        begun.write(folder)
    return folder / "journal"


def test_figures_come_in_two_widths_and_four_kinds_and_are_listed(written):
    listed = pd.read_csv(written / "figures.csv", keep_default_na=False)
    files = {
        f"{row.figure}-{row.width_mm}mm.{kind}"
        for row in listed.itertuples()
        for kind in row.files.split()
    }
    assert files | {"figures.csv"} == {path.name for path in written.iterdir()}
    assert {
        f"roc-{width}mm.{kind}" for width in DOTS for kind in ("svg", "pdf", "png", "tiff")
    } <= files
    assert "table_1" not in set(listed["figure"]), "a journal sets tables itself"


def test_one_that_cannot_be_told_in_a_column_is_as_wide_as_the_page_alone(written):
    listed = pd.read_csv(written / "figures.csv").set_index(["figure", "width_mm"])
    assert "no room" in listed.loc[("wide", 85), "note"]
    assert not (written / "wide-85mm.svg").exists()
    assert (written / "wide-180mm.svg").is_file()


@pytest.mark.parametrize("width", DOTS)
def test_text_stays_text_of_seven_points_in_fonts_that_journals_ask_for(written, width):
    svg = (written / f"roc-{width}mm.svg").read_text(encoding="utf-8")
    assert re.search(
        rf'<svg [^>]*width="{width}mm" height="[\d.]+mm" viewBox="0 0 ([\d.]+) ', svg
    )
    of_unit = width * POINTS_PER_MM / float(re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1])
    sizes = {float(size) * of_unit for size in re.findall(r'font-size="([\d.]+)px"', svg)}
    assert list(sizes) == [pytest.approx(7, abs=0.01)]
    assert set(re.findall(r'font-family="([^"]+)"', svg)) == {
        "Arial, Helvetica, Liberation Sans, sans-serif"
    }
    strokes = [float(of) for of in re.findall(r'stroke-width="([\d.]+)"', svg)]
    assert min(of for of in strokes if of) * of_unit >= 0.499
    for text in (FIRST, SECOND, "Sensitivity", "False-positive rate", "of 97 patients"):
        assert f">{text}</text>" in svg
    assert "A title for the screen" not in svg, "it is for the caption"


@pytest.mark.parametrize("width", DOTS)
def test_a_pdf_of_that_width_holds_its_fonts(written, width):
    pdf = (written / f"roc-{width}mm.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) [\d.]+\]", pdf)
    assert float(box[1]) == pytest.approx(width * POINTS_PER_MM, abs=0.01)
    assert (
        len(re.findall(rb"/FontFile[23] ", pdf))
        == len(set(re.findall(rb"/FontDescriptor (\d+) 0 R", pdf)))
        > 0
    )


@pytest.mark.parametrize(("width", "dots"), DOTS.items())
def test_pictures_have_six_hundred_dots_an_inch_and_say_so(written, width, dots):
    png = (written / f"roc-{width}mm.png").read_bytes()
    assert struct.unpack(">I", png[16:20]) == (dots,)
    physical = png[png.index(b"pHYs") + 4 :]
    assert struct.unpack(">IIB", physical[:9]) == (23622, 23622, 1), "dots a metre"
    with Image.open(written / f"roc-{width}mm.tiff") as tiff:
        assert tiff.width == dots and tiff.mode == "RGB"
        assert tiff.info["dpi"] == (600, 600) and tiff.info["compression"] == "tiff_lzw"
        edges = [
            tiff.crop(box) for box in ((0, 0, 3, tiff.height), (dots - 3, 0, dots, tiff.height))
        ]
        assert all(edge.getextrema() == ((255, 255),) * 3 for edge in edges), "nothing is cut"


def test_equal_charts_are_equal_in_every_byte(written):
    for path in written.glob("roc-*"):
        assert (
            path.read_bytes() == path.with_name(path.name.replace("roc", "same")).read_bytes()
        )


def test_nothing_is_left_to_click_on_and_what_was_picked_stays():
    still = make_still(specify(lines()))
    band, drawn, _ = still["layer"]
    assert "params" not in still and "tooltip" not in drawn["encoding"]
    assert drawn["encoding"]["opacity"] == {"value": 0.9}, "every line is seen whole"
    assert band["encoding"]["opacity"] == {
        "condition": {"test": f'datum["model"] === "{FIRST}"', "value": 0.2},
        "value": 0,
    }


def test_a_chart_without_room_is_none():
    assert fit(specify(lines()), 85, lambda _: '<svg width="999" height="10">') is None


def test_without_pillow_one_sentence_says_how_to_get_tiff(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(drawing, "can_write_tiff", lambda: False)
    with drawing.begin_drawing() as begun:
        begun.draw({}, for_journal=True)
    assert capsys.readouterr().err.strip() == journal.WITHOUT_TIFF
