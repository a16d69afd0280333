"""The command line says what it did, and what is wrong in one sentence with exit code 2."""

import re
import shlex
import subprocess
import sys

import pandas as pd
import pytest

from deepcme import __version__
from tests.cli.command import deepcme

COMMAND = [sys.executable, "-c", "from deepcme.cli.main import main; main()"]


STUDY = """
[cohort]
path = "cohort.h5ad"
[split]
design = "repeated"
repeats = 2
[[models]]
name = "DeepCME"
parameters = { hidden_layers = [6], max_epochs = 3 }
[[models]]
name = "LR"
"""


def test_from_tables_to_a_report(tables, tmp_path):
    expression, samples = tables
    made = deepcme(
        "prepare", "table", "--expression", expression, "--samples", samples,
        "--label", "relapse", "--scale", "fpkm", "-o", tmp_path / "cohort.h5ad",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "30 samples of 30 patients, 5 genes, 10 positives, scale fpkm" in made.stdout
    (tmp_path / "study.toml").write_text(STUDY)
    ran = deepcme("run", tmp_path / "study.toml", "--out", tmp_path / "out", "--jobs", "1")
    assert ran.returncode == 0, ran.stderr
    assert "Fitting: 4 of 4" in ran.stderr
    page = tmp_path / "out" / "report.html"
    tried, found, report, then = ran.stdout.splitlines()
    assert tried.startswith("This is a try-out and not a result: the patients were split")
    assert found.startswith("For relapse, ")
    assert report == f"Report: {page}"
    assert then == f"Next: deepcme run {tmp_path / 'study.toml'}"
    page.unlink()
    again = deepcme("report", tmp_path / "out")
    assert again.returncode == 0
    assert page.exists()


@pytest.mark.slow
def test_nulls_are_asked_for_and_added_to_a_finished_study(tables, tmp_path):
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    cohort_from_tables(*tables, TableColumns(label="relapse")).save(tmp_path / "cohort.h5ad")
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "mine.txt").write_text("A1\nb2\n")
    (tmp_path / "other.txt").write_text("Z1\nZ2\n")
    run = ("run", "study.toml", "--out", "out", "--jobs", "1")
    assert deepcme(*run, cwd=tmp_path).returncode == 0
    more = ("--permutations", "2", "--nulls", "1", "--signature", "mine.txt")
    added = deepcme(*run, *more, cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert "4 of 12 fits are there already" in added.stderr
    assert "Signature mine: 2 of its 2 genes found" in added.stderr
    rows = (tmp_path / "out" / "nulls.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == [
        "permuted labels", "permuted labels", "signature", "random genes",
    ]  # fmt: skip
    refused = deepcme(*run, "--signature", "other.txt", cwd=tmp_path)
    assert refused.returncode == 2
    assert "other.txt: 2 of its 2 genes are not in the cohort (Z1, Z2;" in refused.stderr
    assert refused.stderr.count("\n") == 1


ENSEMBLE = """
[cohort]
path = "cohort.h5ad"
[split]
design = "repeated"
repeats = 2
[[models]]
name = "DeepCME-ensemble"
parameters = { n_networks = 2, hidden_layers = [6], max_epochs = 3 }
"""


def test_clinical_columns_of_the_samples_table_are_set_beside_the_genes(tables, tmp_path):
    expression, samples = tables
    deepcme(
        "prepare", "table", "--expression", expression, "--samples", samples,
        "--label", "relapse", "--scale", "fpkm", "-o", tmp_path / "cohort.h5ad",
    )  # fmt: skip
    (tmp_path / "study.toml").write_text(ENSEMBLE)
    run = ("run", tmp_path / "study.toml", "--jobs", "1", "--out", tmp_path / "out")
    ran = deepcme(*run, "--clinical", "age, site")
    assert ran.returncode == 0, ran.stderr
    assert "over age, site" in (tmp_path / "out" / "report.md").read_text()
    refused = deepcme(*run, "--clinical", "weight")
    assert refused.returncode == 2
    assert (
        "has no clinical column 'weight': choose from patient_id, site, age" in refused.stderr
    )


def test_a_clinical_column_with_a_comma_stands_in_quotes(tables, tmp_path):
    expression, samples = tables
    table = pd.read_csv(samples)
    table["grade, hist"] = ["low", "low", "high"] * 10
    table.to_csv(samples, index=False)
    deepcme(
        "prepare", "table", "--expression", expression, "--samples", samples,
        "--label", "relapse", "--scale", "fpkm", "-o", tmp_path / "cohort.h5ad",
    )  # fmt: skip
    refused = deepcme(
        "run", tmp_path / "cohort.h5ad", "--out", tmp_path / "out",
        "--clinical", ' age, "grade, hist"', "--clinical", "site,weight",
    )  # fmt: skip
    assert refused.returncode == 2
    assert "has no clinical column 'weight'" in refused.stderr
    assert 'site, age, "grade, hist"' in refused.stderr
    refused = deepcme(
        "run", tmp_path / "cohort.h5ad", "--out", tmp_path / "out",
        "--subgroups", ' age, "grade, hist"', "--subgroups", "weight",
    )  # fmt: skip
    assert refused.returncode == 2
    assert "names 'weight', which is no column of its samples" in refused.stderr
    assert '"grade, hist"' in refused.stderr


def test_from_two_cohorts_to_one_left_out(tmp_path):
    from tests.conftest import invented_cohort

    for number, name in enumerate(("north", "south")):
        cohort = invented_cohort(n_patients=30, positives=12, seed=number)
        for column in ("sample", "patient"):
            cohort.obs[column] = name + cohort.obs[column]
        cohort.save(tmp_path / f"{name}.h5ad")
    merged = deepcme(
        "prepare", "merge", "north.h5ad", "south.h5ad", "-o", "both.h5ad", cwd=tmp_path
    )
    assert merged.returncode == 0, merged.stderr
    assert "- Merged of north (30 samples, 12 positive, 12 genes), south" in merged.stdout
    (tmp_path / "study.toml").write_text(STUDY.replace("cohort.h5ad", "both.h5ad"))
    ran = deepcme(
        "run", "study.toml", "--design", "leave-one-cohort-out", "--out", "out", "--jobs", "1",
        cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "2 models on 4 splits" in ran.stderr
    assert "DeepCME has an AUC of" in (tmp_path / "out" / "report.md").read_text()


def test_cohorts_of_one_name_are_not_merged(tmp_path):
    same = deepcme("prepare", "merge", "a/c.h5ad", "b/c.h5ad", "-o", "both.h5ad", cwd=tmp_path)
    assert same.returncode == 2
    assert "Two of the files have the same name: c, c." in same.stderr


def test_quiet_says_nothing(tables, tmp_path):
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    cohort_from_tables(*tables, TableColumns(label="relapse")).save(tmp_path / "cohort.h5ad")
    (tmp_path / "study.toml").write_text(STUDY)
    ran = deepcme("run", "study.toml", "--out", "out", "--quiet", "--jobs", "1", cwd=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_genes_are_selected_when_asked(tables, tmp_path):
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    cohort_from_tables(*tables, TableColumns(label="relapse")).save(tmp_path / "cohort.h5ad")
    (tmp_path / "study.toml").write_text(
        f"{STUDY}\n[selection]\nrandom_panels = 1\npairs = 1\n"
    )
    ran = deepcme(
        "run", "study.toml", "--selection", "--out", "out", "--jobs", "1", cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    # Two rankers, all genes and a random panel on two splits, two orders of all patients,
    # decoys on three sets of rows, two halves, one clustering.
    assert ", 16 steps of gene selection, protocol honest" in ran.stderr
    assert "Fitting: 20 of 20" in ran.stderr
    assert (tmp_path / "out" / "figures" / "panel_curve.svg").exists()


def test_init_writes_a_study_and_never_over_one(tmp_path):
    made = deepcme("init", cwd=tmp_path)
    assert made.returncode == 0
    assert (tmp_path / "study.toml").exists()
    again = deepcme("init", cwd=tmp_path)
    assert again.returncode == 2
    assert "the file is there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "none.h5ad"), "none.h5ad: there is no such file"),
        (("run", "none.toml"), "none.toml: there is no such file"),
        (("run", "matrix.csv"), "takes a study (.toml) or a cohort (.h5ad)"),
        (("report", "nowhere"), "there is no such file; is nowhere the folder"),
        (
            ("prepare", "table", "--expression", "e.csv", "--samples", "s.csv", "--label", "x",
             "-o", "c.h5ad"),
            "s.csv: there is no such file",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path, arguments, sentence):
    result = deepcme(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("run",),
        ("panel",),
        ("init",),
        ("report",),
        ("prepare", "table"),
        ("prepare", "merge"),
        ("simulate",),
        ("power",),
    ],
)
def test_help_loads_nothing_heavy(command):
    """So that it answers at once; modules are counted, since time depends on the machine."""
    code = (
        "import sys; from deepcme.cli.commands import app; "
        f"app({[*command, '--help']!r}, standalone_mode=False); "
        "heavy = {'numpy', 'pandas', 'sklearn', 'torch', 'anndata', 'altair'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout


def test_importing_the_package_is_light():
    code = (
        "import sys, deepcme; "
        "heavy = {'torch', 'anndata', 'sklearn', 'pandas'} & set(sys.modules); "
        "sys.exit(1 if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_version_is_the_packages():
    shown = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == f"deepcme {__version__}"


@pytest.mark.slow
def test_a_study_is_repeated_by_the_command_in_its_report(tables, tmp_path):
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    (tmp_path / "data").mkdir()
    cohort_from_tables(*tables, TableColumns(label="relapse")).save(
        tmp_path / "data" / "cohort.h5ad"
    )
    (tmp_path / "data" / "first.toml").write_text(
        STUDY.replace("[split]", "[nulls]\nsignatures = ['../mine.txt']\ngene_sets = 1\n"
                      "permutations = 1\n[split]")
    )  # fmt: skip
    (tmp_path / "mine.txt").write_text("A1\nB2\n")
    run = ("run", "data/first.toml", "--out", "my results/first", "--jobs", "1", "--seed", "3")
    assert deepcme(*run, cwd=tmp_path).returncode == 0
    first = tmp_path / "my results" / "first"
    command = re.search(r"<code>(deepcme run .*?)</code>", (first / "report.html").read_text())
    program, *words = shlex.split(command[1].replace("&#39;", "'"))
    assert program == "deepcme"
    again = deepcme(*words, "--jobs", "1", cwd=first)
    assert again.returncode == 0, again.stderr
    second = tmp_path / "my results" / "again"
    for table in ("predictions.parquet", "gene_scores.csv", "nulls.csv"):
        assert (second / table).read_bytes() == (first / table).read_bytes()
    assert (second / "identity.json").read_bytes() == (first / "identity.json").read_bytes()


@pytest.mark.parametrize("command", ["", "prepare table"])
def test_help_has_a_short_form(command):
    helped = deepcme(*command.split(), "-h")
    assert helped.returncode == 0
    assert "Usage" in helped.stdout
