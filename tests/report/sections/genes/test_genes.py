"""The section on genes: what it says, draws and shows, of new folders and older ones."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepcme.report.blocks import Figure, Pair, Table, Terms, Text
from deepcme.report.render import render_markdown, render_page
from deepcme.report.section import Contents
from deepcme.report.sections.genes.genes import SECTION
from deepcme.report.sections.genes.names import label_genes
from deepcme.report.sections.genes.table import GeneTable
from deepcme.study.older import with_older_columns
from deepcme.study.parts.models import MODELS
from deepcme.study.spec import make_study

N_GENES = 40


def scores_of(n_genes=N_GENES, **columns):
    """A table as a study of labels has it; columns replace its own."""
    number = np.arange(n_genes)
    table = pd.DataFrame(
        {
            "model": "DeepCME",
            "rank": number + 1,
            "gene": [f"ENSG{i:011}" for i in number],
            "symbol": [f"SYM{i}" for i in number],
            "score": 2 - 0.01 * number,
            "sd": 0.4,
            "splits": 5,
            "top_share": 0.6,
            "prevalence": np.nan,
            "largest_z": 3.0,
            "driving_samples": 20.0,
            "few_driving_samples": False,
            "score_low": 1.5,
            "score_high": 2.5,
            "risk_correlation": np.where(number % 2, -0.4, 0.4),
            "risk_correlation_low": -0.5,
            "risk_correlation_high": 0.5,
            "same_sign": 1.0,
            "direction": np.where(number % 2, "lower", "higher"),
            "univariate_auc": np.where(number % 2, 0.3, 0.6),
            "ci_low": 0.25,
            "ci_high": 0.65,
            "p": 0.2,
            "fdr": np.where(number < 3, 0.01, 0.5),
            "n": 97,
            "events": 46,
        }
    )
    return table.assign(**columns)


def older(table):
    """The same as an older deepcme wrote it."""
    known = table[[*table.columns[: table.columns.get_loc("score_low")]]]
    return with_older_columns("gene_scores.csv", known)


CELLS = pd.DataFrame(
    {
        "rank": np.repeat([1, 2], 3),
        "gene": np.repeat(["ENSG0", "ENSG1"], 3),
        "symbol": np.repeat(["SYM0", "SYM1"], 3),
        "column": [1, 2, 3] * 2,
        "outcome": ["no event", "event", "event"] * 2,
        "n_patients": [2, 2, 1] * 2,
        "risk": [0.2, 0.4, 0.9] * 2,
        "value": [0.5, np.nan, -1, 2, 1, 0],
    }
)


def section_of(table, cells=CELLS, version=MODELS.results_version):
    """The contents of a study of this table, and what the section writes."""
    study = make_study(
        {
            "cohort": {"path": "none.h5ad"},
            "models": ["DeepCME", "LR"],
            "split": {"strata": "none"},
        }
    )
    folder = SimpleNamespace(
        read_table=lambda name: table if name == "gene_scores.csv" else cells,
        has_table=lambda name: cells is not None,
        read_identity=lambda: {"results_version": {"models": version}},
    )
    contents = Contents(SimpleNamespace(folder=folder, study=study))
    SECTION.compute(contents)
    return contents, [block for block in SECTION.write(contents) if block]


def texts(blocks):
    said = [block.text for block in blocks if isinstance(block, Text)]
    said += [text for block in blocks if isinstance(block, Terms) for _, text in block.pairs]
    return " ".join(said)


def test_it_says_how_far_the_order_can_be_believed_and_who_stands_alone():
    _, blocks = section_of(scores_of())
    said = texts(blocks)
    assert (
        "from rank 1 to rank 30 the score falls by 0.290, and that of one gene varies over the "
        "splits by 0.400"
    ) in said
    assert (
        "3 of 40 genes go with the outcome at a false-discovery rate up to 0.05, 3 of them "
        "among these 30."
    ) in said
    assert "Of 30 genes here with a clear direction in the model, 30 go the same way" in said
    assert "all 97 patients with 46 events" in said
    assert "Nothing is held out" in said and "confirms nothing" in said
    assert "equation" not in said and "Σ" not in said


def test_a_clear_order_is_not_called_unclear():
    _, blocks = section_of(scores_of(sd=0.01))
    assert "The order says little" not in texts(blocks)


def test_genes_alone_stand_beside_their_scores():
    contents, blocks = section_of(scores_of())
    (pair,) = [block for block in blocks if isinstance(block, Pair)]
    assert [figure.name for figure in pair.parts] == ["top_genes", "genes_alone"]
    rows = [
        contents.charts[name].to_dict()["layer"][1]["encoding"]["y"]["sort"]
        for name in ("top_genes", "genes_alone")
    ]
    assert rows[0] == rows[1] == [f"SYM{i}" for i in range(30)]


def test_the_heat_map_says_how_many_patients_share_a_column():
    contents, blocks = section_of(scores_of())
    (figure,) = [block for block in blocks if isinstance(block, Figure)]
    assert "in 5 patients who were tested" in figure.caption
    assert "the mean of up to 2 patients alike in both" in figure.caption
    assert contents.tables["gene_heat_map"] is CELLS


def test_in_the_heat_map_each_gene_has_its_own_values_wherever_it_stands():
    correlation = np.where(np.arange(N_GENES) == 1, 0.9, 0.1)  # the second stands first
    contents, _ = section_of(scores_of(risk_correlation=correlation))
    chart = contents.charts["gene_heat_map"].to_dict()
    expression = chart["layer"][0]
    columns = chart["datasets"][expression["data"]["name"]]
    (lookup,) = [step["from"] for step in expression["transform"] if "lookup" in step]
    order = [row["label"] for row in chart["datasets"][lookup["data"]["name"]]]
    assert order == ["SYM1", "SYM0"]
    assert expression["encoding"]["y"]["scale"]["domain"] == ["Outcome", *order]
    by_gene = dict(
        zip(order, zip(*(row["value"] for row in columns), strict=True), strict=True)
    )
    assert by_gene == {"SYM0": (0.5, None, -1), "SYM1": (2, 1, 0)}
    assert [row["outcome"] for row in columns] == ["no event", "event", "event"]


def test_the_table_has_a_gene_once_its_estimates_whole_and_no_empty_column():
    _, blocks = section_of(scores_of())
    (table,) = [block for block in blocks if isinstance(block, GeneTable)]
    assert table.shown.headings == [
        *("Rank", "Gene", "Id", "Score (middle 80% of splits)", "Splits in top 30"),
        *("At high risk", "Correlation with risk (middle 80%)", "AUC alone (95%)", "FDR"),
    ]
    assert table.shown.rows[0] == [
        *("1", "SYM0", "ENSG00000000000", "2.00 (1.50 to 2.50)", "60%", "higher"),
        *("+0.40 (-0.50 to +0.50)", "0.60 (0.25 to 0.65)", "0.010"),
    ]
    assert table.values[0][3:5] == (2.0, 0.6)
    assert table.data is not None and table.n_genes == N_GENES
    _, blocks = section_of(scores_of(symbol=np.nan, few_driving_samples=True, prevalence=0.5))
    (table,) = [block for block in blocks if isinstance(block, GeneTable)]
    assert "Id" not in table.shown.headings
    assert table.shown.headings[-2:] == ["Expressed in", "Flag"]
    assert table.shown.rows[0][-2:] == ["50%", "few samples"]
    assert "fewer than 5 samples" in texts(blocks)


def test_a_long_table_is_shown_in_part_and_where_all_of_it_is_is_said():
    _, blocks = section_of(scores_of(6000))
    (table,) = [block for block in blocks if isinstance(block, GeneTable)]
    assert table.shown.caption == (
        "500 of 6,000 genes, highest score first. All are in tables/genes.csv."
    )
    assert table.data is None


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (MODELS.results_version, "adds them, and fits nothing anew"),
        (1, "which an older deepcme made by another method: a new run has them"),
    ],
)
def test_an_older_folder_is_shown_as_far_as_it_goes_and_says_how_to_get_the_rest(
    version, sentence
):
    contents, blocks = section_of(older(scores_of()), cells=None, version=version)
    assert sentence in texts(blocks)
    assert {*contents.charts} == {"top_genes"}
    (table,) = [block for block in blocks if isinstance(block, GeneTable)]
    assert table.shown.headings == [
        *("Rank", "Gene", "Id", "Score (middle 80% of splits)", "Splits in top 30"),
    ]
    assert table.shown.rows[0][3] == "2.000"


def test_page_and_markdown_have_the_same_genes():
    attack = "<script>alert(1)</script>"
    contents, blocks = section_of(scores_of(symbol=attack))
    page = render_page("genes", "genes", blocks, contents.charts)
    assert attack not in page
    assert page.count('data-first="') == 9
    text = render_markdown("genes", blocks, contents.charts)
    assert "**Table 1.** The first 30 of 40 genes." in text
    (table,) = [block for block in blocks if type(block) is Table]
    assert len(table.shown.rows) == 30


def test_two_genes_of_one_symbol_are_told_apart():
    genes = pd.DataFrame({"gene": ["1_at", "2_at", "3_at"], "symbol": ["A", "A", np.nan]})
    assert label_genes(genes)["label"].tolist() == ["A (1_at)", "A (2_at)", "3_at"]
