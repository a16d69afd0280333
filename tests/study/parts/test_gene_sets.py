"""Gene sets as a part of a study: tables, what is refused, and that nothing is refitted."""

import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.report.contents import compute_contents
from deepcme.report.page import write_report
from deepcme.report.render import render_markdown
from deepcme.report.sections.gene_sets.gene_sets import SECTION
from deepcme.report.sections.methods import SECTION as METHODS
from deepcme.study.parts.gene_sets.gene_sets import GENE_SETS
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from deepcme.study.spec import load_study, make_study
from tests.conftest import drawn_charts
from tests.study.times import QUICK_COX

QUICK = {"name": "DeepCME", "parameters": {"hidden_layers": [4], "max_epochs": 2}}
TABLES = ("gene_sets.csv", "gene_set_members.csv", "gene_ranking.csv")


def cohort_with_sets(outcome=None, n=60, genes=80, clinical=None):
    """Genes 0 to 11 share a factor that is higher with the event; 12 to 23 another."""
    random = np.random.default_rng(5)
    label = np.arange(n) % 2
    X = random.normal(6, 1, (n, genes))
    X[:, :12] += (random.normal(size=n) + 1.2 * label)[:, np.newaxis]
    X[:, 12:24] += random.normal(size=(n, 1))
    if outcome == "times":
        times = random.exponential(np.exp(-1.5 * label))
        endpoint = Endpoint("invented", unit="years", horizon=0.5)
        label = SurvivalOutcome(np.minimum(times, 2.0), times <= 2.0, endpoint)
    return Cohort.from_arrays(
        X,
        label,
        samples=[f"S{i}" for i in range(n)],
        genes=[f"G{i}" for i in range(genes)],
        clinical=clinical,
        endpoint="invented",
        scale="log2",
        name="sets",
    )


SETS = {
    "SHIFTED": [f"G{i}" for i in range(12)],
    "SHARED": [f"G{i}" for i in range(12, 24)],
    "OTHERS": [f"G{i}" for i in range(30, 45)],
    "SMALL": ["G1", "G2", "G3", "ABSENT"],
}


def write_gmt(folder, sets):
    path = folder / "sets.gmt"
    path.write_text("".join("\t".join([k, "na", *v]) + "\n" for k, v in sets.items()))
    return path


def make(folder, files, outcome=None, models=(QUICK, "LR"), **options):
    path = folder / f"{outcome}.h5ad"
    if not path.exists():
        cohort_with_sets(outcome).save(path)
    settings = {
        "cohort": {"path": path},
        "split": {"design": "repeated", "repeats": 2, "strata": "none"},
        "models": list(models),
        "gene_sets": {"files": files},
    }
    return make_study({**settings, **options})


@pytest.fixture
def gmt(tmp_path):
    return partial(write_gmt, tmp_path)


@pytest.fixture
def study_with(tmp_path):
    return partial(make, tmp_path)


def run(study, folder):
    return run_study(study, folder, jobs=1, quiet=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a study of labels, with its report."""
    path = tmp_path_factory.mktemp("finished")
    folder = run(make(path, [write_gmt(path, SETS)]), path / "out")
    with drawn_charts():
        write_report(folder)
    return folder


def test_the_set_that_goes_with_the_label_comes_first_and_is_claimed(finished):
    table = finished.read_table("gene_sets.csv").set_index("set")
    assert table.index[0] == "SHIFTED"
    assert table["claimed"].tolist() == [True, False, False, False]
    assert table.loc["SHIFTED", "shift"] > 2
    assert table.loc["SHARED", "correlation"] > 0.3
    small = table.loc["SMALL"]
    assert (small["standing"], small["n_genes"], small["n_found"], small["n_listed"]) == (
        "too few", 3, 3, 4
    )  # fmt: skip
    assert np.isnan(small["p"])
    assert (table["n"] == 60).all()
    assert (table["events"] == 30).all()
    assert (table["n_background"] == 80).all()


def test_which_sets_are_tested_is_told_before_anything_is_fitted(study_with, gmt):
    study = study_with([gmt(SETS)])
    said = GENE_SETS.announce(make_plan(study, load_cohort(study)))
    assert said == (
        "Gene sets: 3 of 4 are tested; with too few measured genes: SMALL (3 of 4)."
    )


def test_the_models_gene_scores_are_ranked_beside(finished):
    folder = finished
    ranking = folder.read_table("gene_ranking.csv").set_index("gene")
    scores = folder.read_table("gene_scores.csv").set_index("gene")["score"]
    pd.testing.assert_series_equal(
        ranking["model_score"].sort_index(), scores.sort_index(), check_names=False
    )
    assert ranking["model_rank"].idxmin() == scores.idxmax()
    assert ranking["rank"].tolist() == list(range(1, 81))
    assert ranking["statistic"].is_monotonic_decreasing
    table = folder.read_table("gene_sets.csv")
    assert (table["model"] == "DeepCME").all()
    members = folder.read_table("gene_set_members.csv")
    first = members[members["set"] == "SHIFTED"]
    assert sorted(first.loc[first["leading_edge"], "gene"]) == sorted(
        table["leading_edge"][0].split()
    )


def test_of_times_and_without_a_model_of_gene_scores_the_outcome_alone_ranks(
    study_with, gmt, tmp_path
):
    folder = run(study_with([gmt(SETS)], "times", [QUICK_COX]), tmp_path / "out")
    table = folder.read_table("gene_sets.csv")
    assert table["set"][0] == "SHIFTED"
    assert table["shift"][0] > 1  # higher expression, sooner event
    assert not table.columns.str.startswith("model").any()
    assert "model_score" not in folder.read_table("gene_ranking.csv")
    contents = compute_contents(folder)
    text = render_markdown("", [*SECTION.write(contents), *METHODS.write(contents)])
    assert "## Gene sets" in text
    assert "of times with martingale residuals" in text
    assert "in the model" not in text


def test_other_files_refit_nothing(study_with, gmt, tmp_path):
    folder = run(study_with([]), tmp_path / "out")
    assert not any(map(folder.has_table, TABLES))
    tasks = {path: path.stat().st_mtime_ns for path in folder.path.glob("tasks/*")}
    run(study_with([gmt(SETS)]), folder.path)
    first = folder.read_table("gene_sets.csv")
    fewer = gmt({"SHARED": SETS["SHARED"]})  # the same file with other contents
    run(study_with([fewer]), folder.path)
    again = folder.read_table("gene_sets.csv")
    assert again["set"].tolist() == ["SHARED"]
    shift = first.set_index("set").loc["SHARED", "shift"]
    assert again["shift"][0] == pytest.approx(shift)
    run(study_with([]), folder.path)
    assert not any(map(folder.has_table, TABLES))
    assert {path: path.stat().st_mtime_ns for path in folder.path.glob("tasks/*")} == tasks


@pytest.fixture
def fits_nothing(monkeypatch):
    """What is refused is refused before this."""

    def fail(*_, **__):
        raise AssertionError("something was fitted")

    monkeypatch.setattr("deepcme.study.run.run_on_processes", fail)


@pytest.mark.usefixtures("fits_nothing")
def test_sets_of_other_genes_are_refused_before_anything_is_fitted(study_with, gmt, tmp_path):
    path = gmt({"MOUSE": ["Esr1", "G3"], "FLY": ["dpp"]})
    with pytest.raises(
        DeepCMEError,
        match=r"none of 2 gene sets has 10 to 500 genes that are measured \(MOUSE has 1 of 2; "
        r"the cohort's are G0, G1, G10 \.\.\.\): translate",
    ):
        run(study_with([path]), tmp_path / "out")


@pytest.mark.usefixtures("fits_nothing")
def test_without_the_extra_one_sentence_says_the_way_out(
    study_with, gmt, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "gseapy", None)  # importing it fails
    with pytest.raises(DeepCMEError, match=r"Gene sets need GSEApy: .*\[gene-sets\]"):
        run(study_with([gmt(SETS)]), tmp_path / "out")


def test_the_numbers_of_genes_may_be_set(study_with, gmt):
    with pytest.raises(DeepCMEError, match=r"gene_sets: most is 5 and fewest 10: raise most"):
        study_with([], gene_sets={"most": 5})
    study = study_with([], gene_sets={"files": [gmt(SETS)], "fewest": 3, "most": 12})
    assert GENE_SETS.announce(make_plan(study, load_cohort(study))) == (
        "Gene sets: 3 of 4 are tested; with too many measured genes: OTHERS (15 of 15)."
    )


def test_a_file_is_found_from_the_folder_that_the_study_was_written_in(finished):
    files = load_study(finished.path / "study.toml").gene_sets.files
    assert files == (finished.path.parent / "sets.gmt",)


def test_the_report_says_what_is_claimed_and_by_which_null(finished):
    text = (finished.path / "report.md").read_text(encoding="utf-8")
    assert "1 of 3 sets is claimed at a false-discovery rate of 0.05; genes higher with" in text
    assert "outcomes are permuted between patients 10,000 times" in text
    assert "Permuting genes instead takes them for independent" in text
    assert "is no evidence from patients that were held out" in text
    assert "Only 80 genes are measured" in text
    assert "too few of their genes are measured: SMALL, 3 of 4." in text
    for name in ("gene_sets", "gene_set_running_sums"):
        assert (finished.path / "figures" / f"{name}.svg").exists()
    shown = pd.read_csv(finished.path / "tables" / "gene_sets.csv")
    assert shown["set"].tolist() == ["SHIFTED", *shown["set"][1:]]
    assert len(shown) == 4
