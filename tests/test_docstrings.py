"""Examples in public docstrings run as they are printed, each in an empty folder."""

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import deepcme

EXAMPLES = doctest.DocTestFinder(exclude_empty=True)
WHOLE_STUDIES = {"run", "plots", "read_report", "report"}
"""Whose examples run a study, which takes too long for every test run."""

SHOWN_ELSEWHERE = {
    "verbs.running.StudyResult",
    "study.run.run_study",
    "report.notebook.Report",
    "report.verdict.verdict.Verdict",
    "trained.survival.model.SurvivalModel",
    "trained.validation.validate_model",
    "trained.validation.Validation",
    "trained.prediction.Predictions",
    "trained.new_samples.Expression",
    "trained.transfer.compute_transfer",
    "evaluation.survival.measured.HorizonMeasure",
    "evaluation.survival.measured.Measured",
    "models.signatures.reference.fit_on_reference",
    "models.signatures.agreement.compute_agreement",
    "selection.selectors.CoxLassoSelector",
    "selection.knockoffs.select_against_decoys",
    "selection.stability.select_on_subsamples",
    "selection.scores.compute_gene_scores",
    "selection.ensemble_scores.compute_ensemble_gene_scores",
}
"""Names of the reference, none of the front door, without an example of their own."""


def public_objects():
    """What the front door names, and the functions of its modules."""
    for name in dir(deepcme):
        value = getattr(deepcme, name)
        if inspect.ismodule(value):
            yield name, value
            yield from ((f"{name}.{inner}", getattr(value, inner)) for inner in value.__all__)
        elif name != "__version__":
            yield name, value
    page = (Path(__file__).resolve().parents[1] / "docs/reference/python.md").read_text("utf-8")
    for home, name in re.findall(r"^   (deepcme\.\S+)\.(\w+)$", page, re.MULTILINE):
        if home not in ("deepcme.datasets", "deepcme.plots"):  # of the front door
            value = getattr(import_module(home), name)
            yield f"{home.removeprefix('deepcme.')}.{name}", value


def examples():
    """Each docstring with an example, of a class also those of its members."""
    for name, value in public_objects():
        bases = value.__mro__ if inspect.isclass(value) else [value]
        ours = [
            base for base in bases if inspect.getmodule(base).__name__.startswith("deepcme")
        ]
        for found in (found for base in ours for found in EXAMPLES.find(base, name, globs={})):
            if found.examples:
                slow = found.name in WHOLE_STUDIES
                yield pytest.param(found, id=found.name, marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_runs_as_printed(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    failed, _ = doctest.DocTestRunner().run(example, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize("name", dict(public_objects()))
def test_a_public_name_has_an_example(name):
    value = dict(public_objects())[name]
    if not inspect.ismodule(value) and not name.startswith("plots."):
        assert (">>>" in inspect.getdoc(value)) == (name not in SHOWN_ELSEWHERE)


@pytest.mark.parametrize("method", ["Cohort.from_frame", "Cohort.to_frame"])
def test_a_way_into_a_cohort_and_out_of_it_has_an_example(method):
    assert method in {parameter.values[0].name for parameter in examples()}
