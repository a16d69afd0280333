"""The example of each help page runs, in the order of work, each on what those before made."""

import shlex
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from deepcme.cli.examples import EXAMPLES, WHOLE
from deepcme.models.signatures.published import load_signature
from tests.cli.command import deepcme
from tests.sources.conftest import gdc  # noqa: F401 (a fixture)
from tests.sources.fetching import services
from tests.sources.fetching.portal import Portal, serving
from tests.sources.geo.test_archs4 import version_2

COSTLY = {"train", "transfer", "panel", "compare"}
COSTLY_LINE = "deepcme run study.toml"


def invent(folder):
    """Tables and cohorts of one's own: a matrix, its samples, and new patients."""
    symbols = dict.fromkeys(gene.symbol for gene in load_signature("ggi").genes)
    genes = [symbol for symbol in symbols if symbol]
    for seed, name in ((0, "expression.csv"), (1, "new.csv")):
        random = np.random.default_rng(seed)
        is_positive = np.arange(60) % 3 == 0
        values = random.normal(8, 1, (60, len(genes)))
        values[is_positive, :5] += 1.5
        samples = [f"S{seed}-{i}" for i in range(60)]
        pd.DataFrame(values.round(3), samples, genes).rename_axis("sample").to_csv(
            folder / name
        )
        pd.DataFrame(
            {
                "sample": samples,
                "patient": [f"P{seed}-{i}" for i in range(60)],
                "metastasis": is_positive.astype(int),
                "age": random.integers(30, 80, 60),
                "grade": random.integers(1, 4, 60),
            }
        ).to_csv(folder / ("patients.csv" if seed == 0 else "new-patients.csv"), index=False)
    prepared = deepcme(
        *("prepare", "table", "--expression", "new.csv", "--samples", "new-patients.csv"),
        *("--label", "metastasis", "--patient", "patient", "-o", "new.h5ad", "-q"),
        cwd=folder,
    )
    assert prepared.returncode == 0, prepared.stderr


@pytest.fixture
def portals():
    """GEO, Xena's hub and cBioPortal's datahub on the loopback interface."""
    with serving(Portal()) as geo, serving(Portal()) as objects:
        series = services.series_matrix("GSE7390", "GPL96", services.lognormal())
        services.put_series(geo, "GSE7390", {"GPL96": series})
        services.put_annotation(geo, "GPL96")
        objects.speak_as_s3()
        services.put_project(objects, "TCGA-BRCA")
        archive = services.tar_gz(services.metabric(), "brca_metabric")
        objects.put_object("/brca_metabric.tar.gz", archive, in_parts=True)
        yield {"geo": geo.url, "xena": objects.url, "cbioportal": objects.url}


@pytest.fixture
def folder(tmp_path):
    invent(tmp_path)
    return tmp_path


def run(line, folder, *more):
    """What the example says; it must say something, and write what it was asked to."""
    program, *words = shlex.split(line)
    assert program == "deepcme"
    ran = deepcme(*words, *more, cwd=folder)
    assert ran.returncode == 0, (line, ran.stderr)
    assert ran.stdout, line
    if "-o" in words:
        assert (folder / words[words.index("-o") + 1]).exists(), line
    return ran.stdout


def lines_of(example):
    return example.replace("\\\n", " ").splitlines()


def run_all(paths, folder, *, costly):
    said = {}
    for path in paths:
        for line in lines_of(EXAMPLES[path]):
            if costly or not line.startswith(COSTLY_LINE):
                said[line] = run(line, folder)
    return said


def paths_of(*groups):
    return [path for path in EXAMPLES if path.split()[0] in groups]


def test_examples_on_portals(folder, portals, gdc):  # noqa: F811
    addresses = {**portals, "gdc": gdc.url}
    version_2(folder / "human_gene_v2.5.h5", series_id=["GSE1234"] * 40)
    for path in paths_of("fetch", "prepare", "genes"):
        made = shlex.split(EXAMPLES[path])
        more = ("--base-url", addresses[made[2]]) if made[1] == "fetch" else ()
        if "merge" not in path:
            said = run(EXAMPLES[path].replace("\\\n", " "), folder, *more)
            assert "Next: deepcme " in said
    with h5py.File(folder / "by-symbol.h5ad") as file:
        assert "var" in file


def test_examples_of_a_cohort_and_a_study(folder):
    paths = ["prepare table", "prepare merge", "audit", *paths_of("init", "run", "report")]
    paths += [*paths_of("checklist", "signatures", "power", "simulate", "doctor")]
    said = run_all(paths, folder, costly=False)
    (quick,) = [words for line, words in said.items() if "--quick" in line]
    assert "This is a try-out and not a result" in quick
    assert "This is a try-out and not a result" in (folder / "try-out/report.html").read_text()
    for line in lines_of(WHOLE)[:2]:
        run(line, folder)


def test_examples_of_a_model(folder):
    run(lines_of(EXAMPLES["prepare table"])[0], folder)
    deepcme(
        *("train", "cohort.h5ad", "--model", "LR-tuned", "--repeats", 1, "--jobs", 1, "-q"),
        *("-o", "model"),
        cwd=folder,
    )
    said = run_all(["predict", "validate"], folder, costly=False)
    assert "60 samples" in said[EXAMPLES["predict"]]


@pytest.mark.slow
def test_the_costly_examples(folder):
    paths = ["prepare table", "init", "run", "compare", "panel", "train", "predict", "transfer"]
    run_all(paths, folder, costly=True)
    assert Path(folder / "compared.html").exists()


def test_every_example_is_run():
    run_here = {*paths_of("fetch", "prepare", "genes"), "audit", "init", "run", "report"}
    run_here |= {*paths_of("checklist", "signatures", "power", "simulate", "doctor")}
    run_here |= {"predict", "validate"} | COSTLY
    assert run_here == EXAMPLES.keys()
