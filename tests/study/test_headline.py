"""Which model a study is about, and the one it is compared with: known before any fit."""

import tomllib

import pytest
import tomli_w

from deepcme import DeepCMEError
from deepcme.report.contents import compute_contents
from deepcme.report.sections.methods import describe_methods
from deepcme.report.verdict.verdict import compute_verdict
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.nulls import NULLS
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import load_study, make_study
from deepcme.study.template import study_template
from tests.conftest import BINARY_EXAMPLE, invented_cohort
from tests.study.conftest import QUICK_NETWORK

TRANSBIG = BINARY_EXAMPLE
QUICK_ENSEMBLE = {
    "name": "DeepCME-ensemble",
    "parameters": {"hidden_layers": [4], "max_epochs": 2, "n_networks": 2},
}
RIDGE = {"name": "ridge", "estimator": "LR-tuned"}


@pytest.mark.parametrize(
    ("settings", "headline", "comparator"),
    [
        ({}, "Committee", "LR-tuned"),
        ({"protocol": "paper"}, "DeepCME", "LR"),
        (
            {"protocol": "paper", "models": ["DeepCME", "DeepCME-ensemble"]},
            "DeepCME",
            "DeepCME-ensemble",
        ),
        ({"comparator": "RF"}, "Committee", "RF"),
        ({"comparator": "DeepCME"}, "Committee", "DeepCME"),
        ({"models": ["LR", "DeepCME", RIDGE]}, "DeepCME", "ridge"),
        ({"models": ["DeepCME", "SVC", "LR"]}, "DeepCME", "SVC"),
        ({"models": ["KNN", "RF"]}, "KNN", "RF"),
        (
            {"models": ["DeepCME", "DeepCME-ensemble"]},
            "DeepCME-ensemble",
            "DeepCME",
        ),
        ({"models": ["RF"]}, "RF", None),
        ({"models": ["DeepCME-ensemble", "Committee", "RF", RIDGE]}, "Committee", "ridge"),
        ({"models": ["Committee", "DeepCME-ensemble"]}, "Committee", "DeepCME-ensemble"),
        (
            {"protocol": "paper", "models": ["Committee", "DeepCME"]},
            "DeepCME",
            "Committee",
        ),
    ],
)
def test_the_rule(settings, headline, comparator):
    study = make_study({**TRANSBIG, **settings})
    assert study.headline.name == headline
    assert study.comparator.model == comparator


def test_a_study_of_before_comparators_is_about_its_first_model(tmp_path):
    old = make_study({**TRANSBIG, "models": ["DeepCME", "LR"], "comparator": None})
    assert old.headline.name == "DeepCME"
    written = tmp_path / "study.toml"
    written.write_text(old.to_toml())
    assert load_study(written) == old


@pytest.mark.parametrize("name", ["Committee", "ridge"])
def test_a_comparator_is_another_model_of_the_study(name):
    with pytest.raises(DeepCMEError, match=f"comparator.model: '{name}' cannot stand beside"):
        make_study({**TRANSBIG, "comparator": name})


def test_the_template_shows_the_default(tmp_path):
    text = study_template("study.toml", None)
    (tmp_path / "plain.toml").write_text(text)
    (tmp_path / "said.toml").write_text(text.replace('# model = "LR', 'model = "LR'))
    assert load_study(tmp_path / "said.toml") == load_study(tmp_path / "plain.toml")


def test_null_runs_and_held_out_gene_scores_are_of_the_headline(quick_study):
    study = quick_study(
        models=[QUICK_NETWORK, "LR", QUICK_ENSEMBLE],
        nulls={"permutations": 2},
        selection={"run": True},
    )
    plan = make_plan(study, invented_cohort())
    assert {task.model.name for task in NULLS.of(plan)} == {"DeepCME-ensemble"}
    scored = [task for task in MODELS.of(plan) if task.score_genes]
    assert {task.model.name for task in scored} == {"DeepCME-ensemble"}


@pytest.fixture
def folder(quick_study, tmp_path):
    study = quick_study(models=[QUICK_NETWORK, "KNN", "LR-tuned", QUICK_ENSEMBLE])
    return run_study(study, tmp_path / "out", jobs=1, quiet=True)


def test_the_report_is_about_the_headline(folder):
    contents = compute_contents(folder)
    assert contents.headline == "DeepCME-ensemble"
    comparison = contents.tables["comparison"]
    assert set(comparison["model"]) == {"DeepCME-ensemble"}
    assert comparison["baseline"].tolist() == ["LR-tuned", "KNN"]
    assert comparison["comparator"].tolist() == [True, False]
    paragraph = compute_verdict(contents).paragraph
    assert "LR-tuned, the comparator named beforehand" in paragraph
    assert "The AUC of one fit of DeepCME-ensemble" in paragraph
    assert set(contents.tables["genes"]["model"]) == {"DeepCME-ensemble"}
    study, cohort = contents.results.study, contents.results.cohort
    methods = dict(describe_methods(study, cohort, contents.tables, contents.notes))
    measures = methods["Measures"]
    assert "The comparator, LR-tuned, was named before anything was fitted" in measures


def test_the_report_on_an_older_folder_is_about_its_first_model(folder):
    settings = tomllib.loads((folder.path / "study.toml").read_text())
    del settings["comparator"]
    settings["settings_version"] = 1
    (folder.path / "study.toml").write_text(tomli_w.dumps(settings))
    contents = compute_contents(folder)
    assert contents.headline == "DeepCME"
    assert "No comparator was named" in compute_verdict(contents).paragraph


def test_the_comparator_cannot_be_changed_afterwards(folder, quick_study):
    other = quick_study(
        models=[QUICK_NETWORK, "KNN", "LR-tuned", QUICK_ENSEMBLE], comparator="KNN"
    )
    with pytest.raises(DeepCMEError, match="comparator is LR-tuned there and KNN here"):
        run_study(other, folder.path, jobs=1, quiet=True)
