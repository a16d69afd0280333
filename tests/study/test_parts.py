"""A part of a study is its module and a line of the list: the rest knows no part by name."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import deepcme.study
from deepcme import DeepCMEError
from deepcme.report.page import write_report
from deepcme.study.part import Part
from deepcme.study.parts import listed
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.settings import Settings
from deepcme.study.spec import load_study
from deepcme.study.tasks import Task, common_content, content_key
from tests.conftest import invented_cohort

ENGINE = (
    "spec", "tasks", "plan", "fit", "run", "store", "estimate", "identity",
    "executors/attempt", "executors/processes", "executors/cluster",
)  # fmt: skip


class MeanSettings(Settings):
    """Which gene's mean is taken."""

    gene: int = -1


@dataclass(frozen=True, kw_only=True)
class TakeMean(Task):
    gene: int

    @property
    def title(self):
        return f"mean of gene {self.gene}, split {self.split_number}"

    def run(self, data):
        return {"mean": data.X[self.split.train, self.gene].mean(keepdims=True)}


class Means(Part):
    """The mean of a gene in each training part."""

    name = "means"
    settings = MeanSettings
    results_version = 1
    tables: ClassVar = {"means.csv": ("gene",)}
    noun = "means to take"

    def tasks(self, plan):
        gene = plan.study.means.gene
        common = common_content(plan, self.results_version)
        for number, split in enumerate(plan.splits, start=1):
            if gene >= 0:
                key = content_key({**common, "gene": gene, "number": number})
                yield TakeMean(
                    key=key, part=self.name, split_number=number, split=split, gene=gene
                )

    def make_tables(self, plan, kept):
        rows = [
            {"split": task.split_number, "gene": str(task.gene), "mean": arrays["mean"].item()}
            for task, arrays in kept.results(self.of(plan))
        ]
        return {"means.csv": pd.DataFrame(rows)} if rows else {}


@pytest.fixture(autouse=True)
def means(monkeypatch):
    """The list with one more part."""
    part = Means()
    monkeypatch.setattr(listed, "PARTS", (*listed.PARTS, part))
    return part


def test_a_made_up_part_is_run_told_and_reported(quick_study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("deepcme.study.estimate.ANNOUNCED_SECONDS", 0.0)
    study = quick_study(models=["LR"], means={"gene": 3})
    folder = run_study(study, tmp_path / "out", jobs=1)
    said = capsys.readouterr().err
    assert "1 models on 2 splits, 2 means to take, protocol honest." in said
    assert "2 fits to do, which train 0 networks, and 2 means to take: about " in said
    table = folder.read_table("means.csv")
    cohort = invented_cohort()
    trained = [split.train for split in make_plan(study, cohort).splits]
    np.testing.assert_allclose(table["mean"], [cohort.X[rows, 3].mean() for rows in trained])
    assert table["gene"].tolist() == ["3", "3"]  # text, as the part says
    assert load_study(folder.path / "study.toml").means == MeanSettings(gene=3)
    assert "The AUC of one fit of LR" in write_report(folder).read_text(encoding="utf-8")


def test_it_goes_on_and_may_change_while_the_models_stay(quick_study, tmp_path, monkeypatch):
    study = quick_study(models=["LR"], means={"gene": 3})
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    whole = (folder.path / "means.csv").read_bytes()
    lost = folder.path / "tasks" / f"{make_plan(study, invented_cohort()).tasks[-1].key}.npz"
    lost.unlink()
    done = []
    take = TakeMean.run
    monkeypatch.setattr(
        TakeMean, "run", lambda task, data: done.append(task.title) or take(task, data)
    )
    run_study(study, folder.path, jobs=1, quiet=True)
    assert done == ["mean of gene 3, split 2"]
    assert (folder.path / "means.csv").read_bytes() == whole
    folder.claim(make_plan(quick_study(models=["LR"], means={"gene": 4}), invented_cohort()))
    assert not folder.has_table("means.csv")
    assert folder.has_table("predictions.parquet")
    run_study(quick_study(models=["LR"]), folder.path, jobs=1, quiet=True)
    assert not folder.has_table("means.csv")


def test_another_method_makes_its_tasks_alone_anew(quick_study, tmp_path, means, capsys):
    study = quick_study(models=["LR"], means={"gene": 3})
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    means.results_version = 2
    plan = make_plan(study, invented_cohort())
    assert [folder.has(task) for task in plan.tasks] == [True, True, False, False]
    run_study(study, folder.path, jobs=1)
    assert "Made anew, as an older method made them: means." in capsys.readouterr().err


def test_its_settings_are_checked_like_the_others(quick_study):
    with pytest.raises(DeepCMEError, match=r"unknown setting means.gen; did you mean gene\?"):
        quick_study(means={"gen": 3})


@pytest.mark.parametrize("module", ENGINE)
def test_the_engine_names_no_part(module):
    source = (Path(deepcme.study.__file__).parent / f"{module}.py").read_text("utf-8")
    tree = ast.parse(source)
    imported = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert {name for name in imported if "study.parts" in name} <= {"deepcme.study.parts"}
    assert not names & {"nulls", "grid", "clinical", "selection"}
