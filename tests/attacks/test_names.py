"""Names of strangers: they end no process, lead nowhere, steer no terminal and compute nothing."""

import csv
import json
import re
import subprocess
import sys

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cli.main import main
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.study.spec import load_study, make_study
from deepcme.trained.files import load_model
from tests.attacks.command import deepcme
from tests.conftest import BINARY_EXAMPLE, BINARY_EXAMPLE_TOML

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
BAD = ["\x01", "\x07", "\x0b", "\x1b[2J", "\x1b]0;t\x07", "\x7f", "\x9b2J", "\ufffe", "\u202e"]
STEERING = "\x1b[2J\x07"
N_SAMPLES, N_GENES = 24, 12


def tables(folder, *, genes=None, samples=None, parquet=False, **columns):
    """An expression table and a table of samples with some names of a stranger's choice."""
    random = np.random.default_rng(1)
    samples = [*(samples or []), *(f"s{i}" for i in range(N_SAMPLES))][:N_SAMPLES]
    genes = [*(genes or []), *(f"GENE{i}" for i in range(N_GENES))][:N_GENES]
    label = np.arange(N_SAMPLES) % 2
    values = random.gamma(2.0, 30.0, (N_SAMPLES, N_GENES)) + 40 * label[:, None]
    expression = pd.DataFrame(values, pd.Index(samples, name="sample"), genes).reset_index()
    table = pd.DataFrame({"sample": samples, "y": label, **columns})
    if parquet:
        paths = folder / "x.parquet", folder / "samples.parquet"
        expression.to_parquet(paths[0], index=False)
        table.to_parquet(paths[1], index=False)
    else:
        paths = folder / "x.csv", folder / "samples.csv"
        expression.to_csv(paths[0], index=False)
        table.to_csv(paths[1], index=False)
    return paths


def prepared(folder, columns=None, **names):
    columns = columns or TableColumns(label="y")
    return cohort_from_tables(*tables(folder, **names), columns, scale="fpkm")


def texts_of(cohort):
    """Every text that a cohort holds."""
    frames = [cohort.obs, cohort.adata.var]
    cells = [str(cell) for frame in frames for cell in frame.astype(object).to_numpy().ravel()]
    names = [str(column) for frame in frames for column in frame.columns]
    words = json.dumps(cohort.provenance, ensure_ascii=False)
    return [*cells, *names, cohort.name, cohort.endpoint, words]


def run_main(monkeypatch, capsys, *arguments):
    """The command in this process: its code and all that it printed."""
    monkeypatch.setattr(sys, "argv", ["deepcme", *map(str, arguments)])
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    said = capsys.readouterr()
    return code, said.out + said.err


# What prepare makes of them.


@pytest.mark.parametrize("bad", BAD, ids=ascii)
@pytest.mark.cause("control-characters")
def test_prepare_replaces_them_in_every_name_and_says_so(tmp_path, bad):
    odd = [f"x{bad}{i}" for i in range(N_SAMPLES)]
    columns = TableColumns(label="y", patient=f"who{bad}is", batch="plate")
    cohort = prepared(
        tmp_path,
        columns,
        genes=[f"g{bad}1"],
        samples=[f"s{bad}a"],
        **{f"who{bad}is": odd, "plate": odd, f"grade{bad}": odd},
    )
    cohort.save(tmp_path / "cohort.h5ad")
    loaded = Cohort.load(tmp_path / "cohort.h5ad")
    assert not any(map(FORBIDDEN.search, texts_of(loaded)))
    assert loaded.n_patients == N_SAMPLES
    assert any("control characters were taken out of" in note for note in loaded.notes)


@pytest.mark.parametrize("place", ["genes", "samples", "cell", "column"])
@pytest.mark.cause("columns")
def test_prepare_replaces_a_nul_that_a_parquet_file_brings(tmp_path, place):
    names = {
        "genes": {"genes": ["g\x001"]},
        "samples": {"samples": ["s\x001"]},
        "cell": {"grade": ["low\x00", *["high"] * (N_SAMPLES - 1)]},
        "column": {"gra\x00de": ["low"] * N_SAMPLES},
    }
    cohort = prepared(tmp_path, parquet=True, **names[place])
    cohort.save(tmp_path / "cohort.h5ad")
    assert not any(map(FORBIDDEN.search, texts_of(Cohort.load(tmp_path / "cohort.h5ad"))))


@pytest.mark.parametrize("bad", ["\x01", "\x1b", "\x7f", "\ufffe", "\x9b"], ids=ascii)
@pytest.mark.cause("control-characters")
def test_samples_that_become_one_are_refused(tmp_path, bad):
    with pytest.raises(DeepCMEError, match="occurs more than once"):
        prepared(tmp_path, samples=[f"s{bad}1", "s 1"])


NAMES_OF_COLUMNS = [
    [".", ".."],
    ["a", ".", "unnamed"],
]
NAMES_THAT_WERE_KEPT = [
    ["a/b", "a|b"],
    ["a|b", "a/b", "a|b 2"],
    ["patient", "patient_in_file"],
    ["label", "label_in_file", "tissue", "tissue_in_file"],
    ["_index", "index", "__index__", "__categories"],
    ["../../x", "/x", "x/"],
    ["CON", "nul.txt", "a\\b"],
    ["Grade", "grade", "GRADE"],
    ["x" * 5000, "x" * 5000 + "/"],
    ["grade\x1b", "grade 2"],
]


@pytest.mark.parametrize(
    "names",
    [
        *NAMES_OF_COLUMNS,
        *(pytest.param(names, marks=pytest.mark.guard) for names in NAMES_THAT_WERE_KEPT),
    ],
    ids=lambda names: ascii(names)[:40],
)
@pytest.mark.cause("columns")
def test_columns_of_any_names_are_all_kept_apart(tmp_path, names):
    columns = {name: [float(i)] * N_SAMPLES for i, name in enumerate(names)}
    cohort = prepared(tmp_path, **columns)
    cohort.save(tmp_path / "cohort.h5ad")
    obs = Cohort.load(tmp_path / "cohort.h5ad").obs
    further = obs.drop(columns=["sample", "patient", "tissue", "label", "batch"])
    assert sorted(further.iloc[0].tolist()) == [float(i) for i in range(len(names))]


# What a cohort, a study and a model of a stranger may bring.


@pytest.mark.parametrize("bad", ["\x1b[2J", "\x07", "\x0b", "\ufffe", "\x9b"], ids=ascii)
@pytest.mark.parametrize("place", ["sample", "patient", "gene_id", "symbol", "grade", "name"])
@pytest.mark.cause("control-characters")
def test_a_strangers_cohort_is_refused_by_name(tmp_path, place, bad):
    n = 6
    obs = pd.DataFrame(
        {"sample": [f"s{i}" for i in range(n)]}, index=[f"s{i}" for i in range(n)]
    )
    obs = obs.assign(patient=obs["sample"], tissue="primary", label=[0, 1] * 3, batch="b")
    obs["grade"] = "low"
    var = pd.DataFrame({"gene_id": ["g", "h"], "symbol": ["g", "h"]}, index=["g", "h"])
    for table in (obs, var):
        if place in table:
            table[place] = [f"x{bad}y", *table[place].tolist()[1:]]
    name = f"x{bad}y" if place == "name" else "cohort"
    settings = {"schema": 1, "name": name, "endpoint": "e", "scale": "log2", "provenance": {}}
    stored = ad.AnnData(np.ones((n, 2), dtype=np.float32), obs=obs, var=var)
    stored.uns["deepcme"] = json.dumps(settings)
    stored.write_h5ad(tmp_path / "theirs.h5ad")
    with pytest.raises(DeepCMEError, match="no name or text may hold") as refused:
        Cohort.load(tmp_path / "theirs.h5ad")
    assert "theirs.h5ad" in str(refused.value) and str(refused.value).isprintable()


@pytest.mark.parametrize("bad", [*BAD, "\n", "\x00"], ids=ascii)
@pytest.mark.cause("control-characters")
def test_a_study_refuses_them_in_its_names(bad):
    base = BINARY_EXAMPLE
    for names in (
        {"models": [{"name": f"a{bad}b", "estimator": "LR"}]},
        {"models": ["LR-tuned"], "clinical": {"columns": [f"a{bad}b"], "genes": "LR-tuned"}},
        {"models": ["LR"], "nulls": {"signatures": [f"a{bad}b.txt"]}},
    ):
        with pytest.raises(DeepCMEError, match="no name or text may hold") as refused:
            make_study({**base, **names})
        assert str(refused.value).isprintable()


@pytest.mark.cause("refused-path")
def test_a_path_that_is_no_unicode_is_refused(tmp_path):
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(DeepCMEError, match="no UTF-8: rename the file"):
        load_study_of(tmp_path, "a\udcff.h5ad")


@pytest.mark.parametrize("names", [["b\udcff.h5ad"], ["-o", "a\udcff.toml"]])
@pytest.mark.cause("refused-path")
def test_no_study_is_written_of_a_path_that_is_no_unicode(names, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, said = run_main(monkeypatch, capsys, "init", *names)
    assert code == 2 and "no UTF-8: rename it" in said
    assert list(tmp_path.iterdir()) == []


def load_study_of(folder, path):
    (folder / "study.toml").write_text(f'models = ["LR"]\n{BINARY_EXAMPLE_TOML}')
    return load_study(folder / "study.toml", {"cohort": {"example": None, "path": path}})


@pytest.mark.parametrize("bad", ["\x1b[2J", "\\ud800", "\x07", "\u202e", "\ufffe"], ids=ascii)
@pytest.mark.cause("control-characters")
def test_a_model_with_them_in_its_manifest_is_refused(tmp_path, bad):
    text = json.dumps({"format": "deepcme model", "notes": [f"a{bad}b"]}, ensure_ascii=False)
    (tmp_path / "manifest.json").write_text(text.replace("\\\\u", "\\u"), encoding="utf-8")
    with pytest.raises(DeepCMEError, match="no name or text may hold") as refused:
        load_model(tmp_path)
    assert str(refused.value).isprintable()


# What reaches the terminal.


COMMANDS = {
    "audit": ["audit", "PATH"],
    "run": ["run", "PATH"],
    "run a study": ["run", "PATH.toml"],
    "report": ["report", "PATH"],
    "compare": ["compare", "PATH", "PATH2"],
    "panel": ["panel", "PATH.h5ad"],
    "genes map": ["genes", "map", "PATH"],
    "predict": ["predict", "PATH", "x.csv", "-o", "o.csv"],
    "merge": ["prepare", "merge", "PATH1", "PATH2", "-o", "o.h5ad"],
    "xena": ["prepare", "xena", "PATH", "--label", "y", "-o", "o.h5ad"],
}
MISUSED = {
    "no such command": ["PATH"],
    "no such option": ["audit", "--PATH"],
    "too many": ["audit", "a", "PATH"],
}


@pytest.mark.parametrize(
    "command",
    [*COMMANDS, *(pytest.param(command, marks=pytest.mark.guard) for command in MISUSED)],
)
@pytest.mark.cause("escapes")
def test_a_path_steers_no_terminal(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = (COMMANDS | MISUSED)[command]
    arguments = [part.replace("PATH", f"no{STEERING}where") for part in words]
    code, said = run_main(monkeypatch, capsys, *arguments)
    assert code == 2
    assert "\x1b" not in said and "\x07" not in said


@pytest.mark.cause("escapes")
def test_a_name_of_a_file_steers_no_terminal_when_all_goes_well(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    expression, samples = tables(tmp_path)
    expression = expression.rename(tmp_path / f"x{STEERING}.csv")
    output = tmp_path / f"c{STEERING}\n.h5ad"
    arguments = ["--expression", expression, "--samples", samples, "--label", "y", "-o", output]
    code, said = run_main(monkeypatch, capsys, "prepare", "table", *arguments)
    assert code == 0, said
    further = run_main(monkeypatch, capsys, "audit", output)
    assert further[0] == 0
    for text in (said, further[1]):
        assert "\x1b" not in text and "\x07" not in text and "\\x1b[2J" in text


# From a stranger's tables to the report.


HOSTILE_MODEL = "=m [x](javascript:alert(1)) <img src=x onerror=alert(1)>|`"


@pytest.mark.cause("formulas")
def test_hostile_names_go_to_the_report_and_do_nothing(tmp_path):
    genes = [
        "=1+1",
        "[a](javascript:b)",
        "x\x1b[2J",
        "</script><script>1",
        "y\ufffe",
        "\t@z",
        "a|`b",
    ]
    odd = np.resize(["=low\x1b", "=low\x1b", "[hi](javascript:c)"], N_SAMPLES)
    paths = tables(
        tmp_path, genes=genes, samples=["=s\x07", "+t"], **{"a/b": odd, "a|b": odd, "..": odd}
    )
    cohort, study = tmp_path / "c.h5ad", tmp_path / "study.toml"
    arguments = ["--expression", paths[0], "--samples", paths[1], "--label", "y", "-o", cohort]
    outcomes = [deepcme("prepare", "table", *arguments)]
    model = json.dumps(HOSTILE_MODEL)
    study.write_text(
        f'models = ["LR-tuned", {{name = {model}, estimator = "LR"}}]\n'
        '[cohort]\npath = "c.h5ad"\n[split]\ndesign = "repeated"\nrepeats = 2\n'
        '[clinical]\ncolumns = ["a|b"]\ngenes = "LR-tuned"\n'
    )
    outcomes.append(deepcme("audit", cohort))
    outcomes.append(deepcme("run", study, "--out", tmp_path / "out", "--jobs", "1"))
    for outcome in outcomes:
        outcome.require_no_crash()
        assert outcome.code == 0, outcome.err
        assert not FORBIDDEN.search(outcome.out + outcome.err)
    out = tmp_path / "out"
    for path in [*out.glob("*.csv"), *out.glob("tables/*.csv")]:
        with path.open(encoding="utf-8", newline="") as file:
            for cell in (cell.lstrip() for row in csv.reader(file) for cell in row):
                number = re.fullmatch(r"[+-][\d.e+-]+", cell)
                assert number or not cell.startswith(("=", "+", "-", "@")), (path, cell)
    markdown = (out / "report.md").read_text(encoding="utf-8")
    assert "](javascript" not in markdown and "<img" not in markdown
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and "<script>1" not in page
    assert "Content-Security-Policy" in page
    assert all("<img" not in path.read_text() for path in out.glob("figures/*.svg"))


@pytest.mark.parametrize("bad", ["\x1b[2J", "\ufffe"], ids=ascii)
@pytest.mark.cause("control-characters")
def test_a_chart_of_a_study_made_before_does_not_end_the_process(tmp_path, bad):
    """Drawn in a process of its own, which the character would end with SIGABRT."""
    program = (
        "import sys, pandas as pd, altair as alt; from pathlib import Path;"
        "from deepcme.report.figures.drawing import write_charts;"
        "table = pd.DataFrame({'model': [eval(sys.argv[2])], 'auc': [0.5]});"
        "chart = alt.Chart(table).mark_bar().encode(x='auc:Q', y='model:N');"
        "write_charts({'bar': chart}, Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path, ascii(f"a{bad}b")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert (tmp_path / "bar.pdf").stat().st_size > 0
