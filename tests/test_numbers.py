"""Numbers in the documentation are made: pages name what makes them, and have what it made."""

import importlib
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from deepcme.base.files.files import write_text

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "docs" / "benchmarks"
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
    for folder in ("docs/benchmarks", "docs/explanations")
    for page in sorted((ROOT / folder).glob("*.md"))
}
EVERYWHERE = {
    page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
    for page in (
        *ROOT.glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "src/deepcme/explained").rglob("*.md"),
    )
    if "generated" not in page.parts
}
TARGETS = {
    target
    for line in (ROOT / "Makefile").read_text("utf-8").splitlines()
    if (rule := re.match(r"([a-z -]+):", line))
    for target in rule[1].split()
}
MEASURED = re.compile(r"^\|.*[\s|+-](?:\d?\.\d{2,}|\d+\.\d+ (?:s|MB|GB))\b.*\|$", re.MULTILINE)
"""A line of a table with a number that was measured."""
MAKERS = re.compile(
    r"\bmake (?:bench|test)[a-z-]*|benchmarks/\w+\.py|tests/[\w/]+\.py|\n[ ]*deepcme \w+|"
    r"python -m tests\.[\w.]+"
)
FILE = re.compile(r"(?<![\w/])((?:benchmarks|tests)/[\w/]+\.\w+)")
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*|[-+]?\.\d+")


@pytest.fixture
def benchmark(monkeypatch):
    """A module of benchmarks by name."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent.name == "benchmarks":
            del sys.modules[name]


def rows_of(text):
    """Lines of tables, without what stands for their looks."""
    return [
        re.sub(r"\*\*|\\", "", line)
        for line in text.splitlines()
        if line.startswith("|") and "---" not in line
    ]


def numbers_of(row):
    return NUMBER.findall(row.replace(" ", " ").replace("&nbsp;", " "))


def agrees(said, made):
    """Equal words, and numbers that differ by one of the last digit at most.

    What is made here is rounded twice: in the file and in the table.
    """
    if NUMBER.sub("#", said) != NUMBER.sub("#", made):
        return False
    for one, other in zip(numbers_of(said), numbers_of(made), strict=True):
        digits = len(one.partition(".")[2])
        if (
            abs(float(one.replace(",", "")) - float(other.replace(",", "")))
            > 1.01 * 10**-digits
        ):
            return False
    return True


def not_on(page, made):
    """Lines of the tables made here that the page does not have."""
    said = rows_of((ROOT / page).read_text("utf-8"))
    lines = rows_of(made)
    assert len(lines) > 1
    return [line for line in lines if not any(agrees(row, line) for row in said)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_measured_tables_names_what_makes_them(name):
    measured = MEASURED.findall(PAGES[name])
    assert not measured or MAKERS.search(PAGES[name]), measured[0]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_what_a_page_says_makes_numbers_exists(name):
    text = EVERYWHERE[name]
    assert set(re.findall(r"[`\n ]make ((?:bench|test)[a-z-]*)", text)) <= TARGETS
    files = [file for file in FILE.findall(text) if not (ROOT / file).exists()]
    assert files == []


def test_the_page_on_high_figures_has_the_numbers_of_its_file(benchmark):
    table = pd.read_csv(BENCHMARKS / "inflation.csv")
    for markdown in benchmark("inflation_page").tables_of(table).values():
        assert not_on("docs/explanations/figures-others-report.md", markdown) == []


def test_the_page_on_the_committee_has_the_numbers_of_its_file(benchmark, tmp_path):
    committee, results = benchmark("committee"), pd.read_csv(BENCHMARKS / "committee.csv")
    trained = [
        model
        for model in committee.MODELS
        if model not in (committee.ON_GENES, committee.LASSONET)
    ]
    members = [model for model in results["model"].unique() if committee.MEMBER in model]
    page = tmp_path / "committee.md"
    committee.write_page(
        page, results, committee.COMMITTEE, trained, members, committee.LASSONET
    )
    made = page.read_text("utf-8").partition("The AUC of each member")[0]
    assert not_on("docs/benchmarks/committee.md", made) == []


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("panels.csv", "write_page"),
        ("panels-across.csv", "write_across"),
        ("panel-honesty.csv", "write_honesty"),
    ],
)
def test_the_page_on_panels_has_the_numbers_of_its_files(benchmark, tmp_path, file, write):
    page, table = tmp_path / "panels.md", pd.read_csv(BENCHMARKS / file)
    if "made_here" in table:
        table["made_here"] = table["made_here"].fillna("")
    write_text(page, (BENCHMARKS / "panels.md").read_text("utf-8"))
    getattr(benchmark("panels_page"), write)(page, table)
    assert not_on("docs/benchmarks/panels.md", page.read_text("utf-8")) == []


def test_the_page_on_times_has_the_numbers_of_its_file(benchmark):
    times, table = benchmark("times"), pd.read_csv(BENCHMARKS / "times.csv")
    for lines in (
        times.describe_cohorts(table),
        times.compare(table, "uno_c"),
        times.compare(table, "auc"),
        times.compare_spaces(table),
    ):
        assert not_on("docs/benchmarks/times.md", "\n".join(lines)) == []


def test_the_page_on_others_patients_has_the_numbers_of_its_file(benchmark):
    made = "\n".join(benchmark("also")._lines(pd.read_csv(BENCHMARKS / "also.csv"), "AUC"))
    assert not_on("docs/benchmarks/also.md", made) == []


def test_the_page_on_the_span_has_the_numbers_of_its_files(benchmark):
    span = benchmark("span")
    cohorts = "\n".join(span._compare(pd.read_csv(BENCHMARKS / "span.csv")))
    genes = "\n".join(span._true_genes(pd.read_csv(BENCHMARKS / "span-genes.csv")))
    assert not_on("docs/benchmarks/span.md", cohorts) == []
    assert not_on("docs/benchmarks/span.md", genes) == []


def test_speed_is_that_of_the_benchmark():
    quick = pd.read_csv(BENCHMARKS / "quick.csv").iloc[0]
    tuned = pd.read_csv(BENCHMARKS / "grid.csv")["tuned / native"]
    text = PAGES["docs/explanations/speed.md"]
    ways = ["native", "native, AVX2", "PyTorch, tuned", "PyTorch, as usual", "scikit-learn"]
    assert f"| {' | '.join(f'{quick[way]:.2g}' for way in [*ways, 'bound'])} |" in text
    assert f"{quick['usual / native']:.0f} times" in text
    assert f"{quick['tuned / native']:.1f} times" in text
    assert f"{tuned.min():.1f} to {tuned.max():.0f} times" in text


def test_a_table_that_was_changed_by_hand_would_be_found():
    assert agrees("| LR | 0.71 (0.60 to 0.80) |", "| LR | 0.71 (0.60 to 0.80) |")
    assert not agrees("| LR | 0.74 (0.60 to 0.80) |", "| LR | 0.71 (0.60 to 0.80) |")
    assert not agrees("| RF | 0.71 (0.60 to 0.80) |", "| LR | 0.71 (0.60 to 0.80) |")
