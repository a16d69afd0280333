"""The section as it is written: its chart, its tables, and nothing where a study has none."""

import pandas as pd
import vl_convert

from deepcme.report.blocks import Figure
from deepcme.report.figures.styles import VEGA_LITE
from deepcme.report.render import render_markdown, render_page
from deepcme.report.sections.comparators.chart import plot_beside_clinic
from deepcme.report.sections.comparators.comparators import SECTION
from tests.report.sections.comparators.conftest import described, signature

ATTACK = "<script>alert(1)</script>"


def markdown(contents):
    return render_markdown("", SECTION.write(contents))


def labels_and_kinds(chart):
    """Label and kind of each row that is drawn."""
    rows = next(rows for rows in chart.to_dict()["datasets"].values() if "label" in rows[0])
    return [(row["label"], row["kind"]) for row in rows]


def test_partial_ones_are_hollow_and_the_named_one_stands_by_itself(of_labels):
    assert labels_and_kinds(of_labels.charts["beside_clinic"]) == [
        ("Trained here", "heading"),
        ("LR-tuned", "estimate"),
        ("KNN", "estimate"),
        ("Signatures: named in advance", "heading"),
        ("genomic-grade-index", "estimate"),
        ("Signatures: others", "heading"),
        ("seventy-gene (partial) *", "hollow"),
        ("Clinical", "heading"),
        ("nottingham-index", "estimate"),
    ]


def test_what_the_cohort_helped_to_make_has_a_star_that_the_caption_explains(of_labels):
    [figure] = [block for block in SECTION.write(of_labels) if isinstance(block, Figure)]
    assert figure.caption.endswith("A star: see the warning on it above.")
    page = render_page("", "", SECTION.write(of_labels))  # without charts, which take long
    assert "partial, see warning" in page and "<li>seventy-gene: Made here.</li>" in page
    assert "Sources, missing genes, and genes found by another symbol</summary>" in page
    assert "A1; B2" in page and "A1; B2" not in markdown(of_labels)


def test_the_chart_can_be_drawn_for_both_kinds_of_outcome(of_labels, of_times):
    for contents in (of_labels, of_times):
        spec = contents.charts["beside_clinic"].to_dict()
        assert "seventy-gene (partial)" in vl_convert.vegalite_to_svg(
            spec, vl_version=VEGA_LITE
        )


def test_one_without_a_value_is_not_drawn(of_labels):
    table = of_labels.tables["beside_clinic"].copy()
    table.loc[table["model"] == "KNN", "value"] = float("nan")
    chart = plot_beside_clinic(table, "AUC", of_labels.roles)
    assert "KNN" not in dict(labels_and_kinds(chart))


def test_the_text_says_each_number_with_its_interval_and_counts(of_labels, of_times):
    for contents, name, counted in (
        (of_labels, "LR-tuned", "samples"),
        (of_times, "Cox-ridge", "patients"),
    ):
        text = markdown(contents)
        measure = contents.results.ranked_by.heading
        assert f"| Name | {measure} (95%) | Difference (95%) | p | What | Genes |" in text
        table = contents.tables["beside_clinic"].set_index("model")
        first, ggi = table.loc[name], table.loc["genomic-grade-index"]
        assert f"All rows: {ggi['n']:.0f} {counted}, {ggi['events']:.0f} events." in text
        plain = text.replace("**", "")
        assert (
            f"| {name} | {first['value']:.2f} ({first['ci_low']:.2f} to {first['ci_high']:.2f}) "
            "|  |  | trained here |  |"
        ) in plain
        assert f"| {ggi['p_value']:.3f} | full, named | 8 of 10 (80%) |" in plain
        assert "The refused" not in text and "seventy-six-gene (2 of 10)" in text
        assert "research versions, not the assays" in text


def test_missing_genes_are_in_the_table(of_labels):
    table = of_labels.tables["beside_clinic_signatures"].set_index("signature")
    assert table.loc["seventy-gene", "missing"] == "A1; B2"


def test_text_of_files_is_escaped(contents_of):
    mine = signature(ATTACK, "refused", 1, kind="own file", title=ATTACK, source=ATTACK)
    refused = described(mine).assign(standing="refused")
    contents = contents_of(signatures=refused, index=None, compute=False)
    SECTION.compute(contents)
    page = render_page("", "", SECTION.write(contents), contents.charts)
    assert ATTACK not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_study_without_any_has_no_section(contents_of):
    contents = contents_of(signatures=pd.DataFrame(), index=None, compute=False)
    SECTION.compute(contents)
    assert not contents.tables and markdown(contents).strip() == "#"


def test_where_all_are_refused_the_section_says_why_and_draws_nothing(contents_of):
    signatures = described().assign(standing="refused", gene_share=0.1)
    contents = contents_of(signatures=signatures, index=None, compute=False)
    SECTION.compute(contents)
    text = markdown(contents)
    assert "No signature has enough of its genes in this cohort to be scored." in text
    assert "Not scored, as under 50%" in text and not contents.charts
