"""The example of each help page runs, in the order of work, each on what those before made."""

import shlex

import pytest

from deepcme.cli.examples import EXAMPLES, WHOLE
from tests.cli.command import deepcme
from tests.cli.invented import invent_cohort, invent_tables
from tests.service.running import serve
from tests.sources.conftest import gdc  # noqa: F401 (a fixture)
from tests.sources.fetching import services
from tests.sources.fetching.portal import Portal, serving
from tests.sources.geo.test_archs4 import version_2

CHEAP = {
    "explain",
    "fetch geo",
    "prepare geo",
    "audit",
    "init",
    "signatures list",
    "predict",
    "power",
}


@pytest.fixture
def addresses(gdc):  # noqa: F811
    """Of the GDC, GEO, Xena's hub and cBioPortal's datahub on the loopback interface."""
    with serving(Portal()) as geo, serving(Portal()) as objects:
        series = services.series_matrix("GSE7390", "GPL96", services.lognormal())
        services.put_series(geo, "GSE7390", {"GPL96": series})
        services.put_annotation(geo, "GPL96")
        objects.speak_as_s3()
        services.put_project(objects, "TCGA-BRCA")
        archive = services.tar_gz(services.metabric(), "brca_metabric")
        objects.put_object("/brca_metabric.tar.gz", archive, in_parts=True)
        yield {
            "gdc": gdc.url,
            "geo": geo.url,
            "xena": objects.url,
            "cbioportal": objects.url,
        }


@pytest.fixture
def folder(tmp_path):
    invent_tables(tmp_path)
    invent_cohort(tmp_path)
    version_2(tmp_path / "human_gene_v2.5.h5", series_id=["GSE1234"] * 40)
    return tmp_path


def run(line, folder, *more):
    """What the example says; it must say something, and write what it was asked to."""
    program, *words = shlex.split(line)
    assert program == "deepcme"
    if words[0] == "serve":  # which ends when it is told to
        with serve(folder, *words[1:]) as service:
            assert service.ask("/ready") == {"status": "ready"}
        return service.said()
    ran = deepcme(*words, *more, cwd=folder)
    assert ran.returncode == 0, (line, ran.stderr)
    assert ran.stdout, line
    if "-o" in words:
        assert (folder / words[words.index("-o") + 1]).exists(), line
    return ran.stdout


def lines_of(path):
    return EXAMPLES[path].replace("\\\n", " ").splitlines()


def run_all(paths, folder, addresses):
    """What each line of the examples says, in the order of work."""
    said = {}
    for path in (path for path in EXAMPLES if path in paths):
        for line in lines_of(path):
            portal = addresses.get(line.split()[2]) if line.split()[1] == "fetch" else None
            said[line] = run(line, folder, *(("--base-url", portal) if portal else ()))
    return said


def test_an_example_of_each_group_runs(folder, addresses):
    run(lines_of("prepare table")[0], folder)
    asked = ("--model", "LR-tuned", "--repeats", 1, "--jobs", 1, "-o", "model")
    assert (
        "Next: deepcme validate model"
        in deepcme("train", "cohort.h5ad", *asked, cwd=folder).stdout
    )
    said = run_all(CHEAP, folder, addresses)
    assert "Next: deepcme run study.toml" in said[EXAMPLES["init"]]
    assert "60 samples" in said[EXAMPLES["predict"]]


@pytest.mark.slow
def test_every_example_runs_in_the_order_of_work(folder, addresses):
    said = run_all(EXAMPLES, folder, addresses)
    for path in EXAMPLES:
        if path.startswith(("fetch", "prepare ")):
            assert "Next: deepcme " in said[lines_of(path)[0]]
    quick, asked = (said[line] for line in lines_of("run"))
    assert quick.startswith("This is a try-out and not a result")
    assert "try-out and not a result" in (folder / "try-out/report.html").read_text()
    assert "try-out" not in asked


def test_the_example_of_the_whole_is_made_of_those_of_its_commands():
    lines = WHOLE.replace("\\\n", " ").splitlines()
    run_here = [line for path in EXAMPLES for line in lines_of(path)]
    assert set(lines) <= set(run_here)
