"""A folder of an older version opens in a report, and never takes results of another method.

``folders`` keeps a small folder of each version of the results. That of the present one is
made by ``python -c "from tests.study.test_older import make_folder; make_folder()"``.
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.report.page import write_report
from deepcme.study import older
from deepcme.study.older import SETTINGS_VERSION
from deepcme.study.parts.listed import part_named, results_versions
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from deepcme.study.spec import load_study, make_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE, BINARY_EXAMPLE_TOML, invented_cohort

FOLDERS = Path(__file__).parent / "folders"
OLDER = {"results_1_earliest": 1, "results_1": 1, "results_2": 2}
"""Folders that are left behind, with the results version of their models."""
PRESENT = f"results_{max(results_versions().values())}"
NETWORK = {"hidden_layers": [3], "max_epochs": 2}


def cohort_of_folders(version=PRESENT):
    # Larger since version 2: a regression that nearly separates the classes makes much of the
    # last digits of a sum, which processors differ in.
    n, positives = (24, 9) if OLDER.get(version) == 1 else (48, 20)
    cohort = invented_cohort(n_patients=n, n_genes=5, positives=positives)
    cohort.obs["age"] = np.random.default_rng(3).normal(60, 9, n).round()
    return cohort


def make_folder():
    """Make the folder of the present version anew."""
    os.chdir(FOLDERS)
    shutil.rmtree(PRESENT, ignore_errors=True)
    cohort_of_folders().save("cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 3},
            "models": [
                {"name": "DeepCME", "parameters": NETWORK},
                {"name": "DeepCME-ensemble", "parameters": {**NETWORK, "n_networks": 2}},
                *("LR", "LR-tuned"),
            ],
            "nulls": {"permutations": 1, "gene_sets": 1, "sizes": [2]},
            "clinical": {"columns": ["age"], "genes": "LR-tuned"},
            "selection": {
                "run": True,
                "rankers": ["mean-rank"],
                "random_panels": 1,
                "pairs": 1,
            },
        }
    )
    folder = run_study(study, PRESENT, jobs=1, quiet=True)
    settings = folder.path / "study.toml"
    settings.write_text(settings.read_text().replace(str(FOLDERS.absolute()) + "/", ""))
    for task in sorted(folder.path.glob("tasks/*.npz"))[1:]:
        task.unlink()
    Path("cohort.h5ad").unlink()


def copy_of(name, place):
    """A folder that may be written to, with its cohort where its study looks for it."""
    shutil.copytree(FOLDERS / name, place)
    cohort_of_folders(name).save(place / "cohort.h5ad")
    return StudyFolder(place)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [*OLDER, PRESENT])
def test_a_folder_of_every_version_opens_in_a_report(name, tmp_path):
    folder = copy_of(name, tmp_path / "out")
    page = write_report(folder, ["html", "md"]).read_text(encoding="utf-8")
    version = OLDER.get(name, f"models {part_named('models').results_version} ")
    assert f"results version {version}{';' if name in OLDER else ''}" in page
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "3 repeated stratified splits by patient" in report
    assert "nan" not in report.split("## ", 1)[0]
    model = load_study(folder.path / "study.toml").models[0]
    assert model.name == "DeepCME"
    assert {name: model.parameters[name] for name in NETWORK} == NETWORK


@pytest.mark.parametrize("name", OLDER)
def test_a_study_of_another_method_is_not_gone_on_with(name, tmp_path):
    folder = copy_of(name, tmp_path / "out")
    before = files_of(folder)
    study = load_study(folder.path / "study.toml")
    with pytest.raises(
        DeepCMEError,
        match=rf"the models there are of results version {OLDER[name]}, and this deepcme "
        r"computes version \d+, which gives other numbers: choose another --out, or report "
        "them as they are",
    ) as caught:
        run_study(study, folder.path, jobs=1, quiet=True)
    assert "\n" not in str(caught.value)
    assert files_of(folder) == before


@pytest.mark.parametrize("name", OLDER)
def test_an_older_study_file_keeps_the_defaults_of_its_version(name, tmp_path, monkeypatch):
    folder = copy_of(name, tmp_path / "out")
    monkeypatch.setattr(older, "OLDER_DEFAULTS", {1: {"split": {"design": "nested"}}})
    if name == "results_1_earliest":  # the one that names no design
        with pytest.raises(DeepCMEError, match="belongs to design = repeated, not nested"):
            load_study(folder.path / "study.toml")
    monkeypatch.undo()
    assert load_study(folder.path / "study.toml").split.design == "repeated"


def test_equal_settings_give_the_numbers_of_this_results_version(tmp_path):
    """If not, raise the part's `results_version`, and make the folder of the new version."""
    kept = copy_of(PRESENT, tmp_path / "kept")
    study = load_study(kept.path / "study.toml")
    again = run_study(study, tmp_path / "again", jobs=1, quiet=True)
    names = ("predictions.parquet", "nulls.csv", "panel_curve.csv", "clinical.csv")
    for name in names:
        ours, theirs = again.read_table(name), kept.read_table(name)
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-4, atol=1e-4, obj=name)


@pytest.fixture
def study(quick_study):
    return quick_study(
        models=["LR"],
        nulls={"permutations": 2, "gene_sets": 1, "sizes": [3]},
        selection={"run": True, "rankers": ["mean-rank"], "random_panels": 1, "pairs": 1},
    )


def missing_of(study, folder):
    """Titles of what a run would fit."""
    plan = make_plan(study, load_cohort(study))
    tasks = plan.tasks
    return [task.title for task in tasks if not folder.has(task)]


def test_a_new_method_for_nulls_makes_nothing_but_the_nulls_anew(
    study, tmp_path, monkeypatch, capsys
):
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    before = files_of(folder)
    assert missing_of(study, folder) == []
    monkeypatch.setattr(part_named("nulls"), "results_version", 99)
    titles = missing_of(study, folder)
    assert len(titles) == 6
    assert all("permuted labels" in title or "random genes" in title for title in titles)
    run_study(study, folder.path, jobs=1)
    assert "Made anew, as an older method made them: nulls." in capsys.readouterr().err
    now = files_of(folder)
    assert {path for path in before if now[path] != before[path]} == {
        folder.path / "identity.json"
    }
    assert folder.read_json("identity.json")["results_version"]["nulls"] == 99


def test_a_new_method_for_models_or_selection_is_another_key(study, tmp_path, monkeypatch):
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    monkeypatch.setattr(part_named("selection"), "results_version", 99)
    assert all("of gene selection" in title for title in missing_of(study, folder))
    assert missing_of(study, folder)
    monkeypatch.setattr(part_named("models"), "results_version", 99)
    assert {"LR, split 1", "LR, split 2"} <= set(missing_of(study, folder))
    with pytest.raises(DeepCMEError, match=r"results version \d, .* computes version 99"):
        run_study(study, folder.path, jobs=1, quiet=True)


def edit_identity(folder, **changes):
    identity = folder.read_json("identity.json")
    for name, value in changes.items():
        identity[name] = {**identity[name], **value} if isinstance(value, dict) else value
    (folder.path / "identity.json").write_text(json.dumps(identity))


def test_fixes_of_python_lose_no_study_and_other_libraries_are_told(quick_study, tmp_path):
    study = quick_study(models=["LR"])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    python = folder.read_json("identity.json")["versions"]["python"]
    fix = ".".join(python.split(".")[:2]) + ".999"
    edit_identity(folder, versions={"python": fix, "deepcme": "9.9"})
    run_study(study, folder.path, jobs=1, quiet=True)
    edit_identity(folder, versions={"numpy": "1.0"})
    with pytest.raises(DeepCMEError, match=r"another study's results \(versions.numpy is 1.0"):
        run_study(study, folder.path, jobs=1, quiet=True)


def test_a_section_that_is_no_more_is_read_and_dropped(quick_study, tmp_path, monkeypatch):
    folder = run_study(quick_study(models=["LR"]), tmp_path / "out", jobs=1, quiet=True)
    before = files_of(folder)
    path = folder.path / "study.toml"
    path.write_text(path.read_text() + '\n[evaluation]\nmetrics = ["auc"]\n')
    settings = folder.read_json("identity.json")["study"]
    edit_identity(folder, study={**settings, "evaluation": {"metrics": ["auc"]}})
    removed = []
    monkeypatch.setattr(StudyFolder, "remove_tables", lambda self, names: removed.extend(names))
    study = load_study(path)
    assert missing_of(study, folder) == []
    run_study(study, folder.path, jobs=1, quiet=True)
    assert not {"predictions.parquet", "metrics.csv"} & {*removed}
    assert files_of(folder) == before


def test_a_folder_of_a_later_version_is_told(quick_study, tmp_path):
    study = quick_study(models=["LR"])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    edit_identity(folder, settings_version=99)
    settings = folder.path / "study.toml"
    settings.write_text(
        settings.read_text().replace(
            f"settings_version = {SETTINGS_VERSION}", "settings_version = 99"
        )
    )
    for act in (write_report, lambda f: run_study(study, f.path, jobs=1, quiet=True)):
        with pytest.raises(DeepCMEError, match=r"written by a later deepcme .*upgrade deepcme"):
            act(folder)


def test_a_study_of_the_example_goes_on_as_one_of_the_yes_or_no_that_it_was(tmp_path):
    """Before version 3 the example was of those alone who were followed for 5 years."""
    settings = {**BINARY_EXAMPLE, "models": ["LR"], "split": {"folds": 3, "repeats": 1}}
    folder = run_study(make_study(settings), tmp_path / "out", jobs=1, quiet=True)
    file = folder.path / "study.toml"
    file.write_text(
        file.read_text()
        .replace(f"settings_version = {SETTINGS_VERSION}", "settings_version = 2")
        .replace("leave_out_censored = true\n", "")
    )
    identity = folder.read_json("identity.json")
    identity["study"]["cohort"] = {"example": "transbig"}
    (folder.path / "identity.json").write_text(json.dumps({**identity, "settings_version": 2}))
    before = files_of(folder)
    study = load_study(file)
    assert (study.cohort.leave_out_censored, study.survival) == (True, None)
    assert missing_of(study, folder) == []
    run_study(study, folder.path, jobs=1, quiet=True)
    now = files_of(folder)
    assert {path.name for path in before if now[path] != before[path]} <= {
        "study.toml", "identity.json",
    }  # fmt: skip
    own = tmp_path / "own.toml"  # of today's defaults
    own.write_text('[cohort]\nexample = "transbig"\n')
    assert load_study(own).survival.horizon == 1826.25


def write_study(path, text):
    path.write_text(f"{text}\n{BINARY_EXAMPLE_TOML}")
    return path


def test_the_table_of_older_defaults_holds_for_files_of_that_version(tmp_path, monkeypatch):
    monkeypatch.setattr(older, "SETTINGS_VERSION", 6)
    table = {1: {"seed": 5}, 2: {"split": {"repeats": 7}}, 4: {"seed": 6, "protocol": "paper"}}
    monkeypatch.setattr(older, "OLDER_DEFAULTS", table)
    path = tmp_path / "study.toml"

    def read(version):
        study = load_study(write_study(path, f"settings_version = {version}"))
        return study.seed, study.split.repeats, study.protocol

    assert read(1) == (5, 7, "paper")
    assert read(2) == (6, 7, "paper")
    assert read(3) == (6, 10, "paper")
    assert load_study(write_study(path, "")).seed == 1  # a user's own: as of today
    text = "settings_version = 1\nseed = 3\n[split]\nrepeats = 4"
    study = load_study(write_study(path, text), {"split": {"by": "sample"}})
    assert (study.seed, study.split.repeats, study.split.by) == (3, 4, "sample")


ENSEMBLE = "DeepCME-ensemble"


@pytest.mark.parametrize(
    ("settings", "name", "space"),
    [
        ("", ENSEMBLE, "genes"),
        (f'models = ["LR", "{ENSEMBLE}"]', ENSEMBLE, "genes"),
        (f'models = [{{name = "own", estimator = "{ENSEMBLE}"}}]', "own", "genes"),
        (
            f'models = [{{name = "{ENSEMBLE}", parameters = {{dropout = 0.0}}}}]',
            ENSEMBLE,
            "genes",
        ),
        (
            f'models = [{{name = "{ENSEMBLE}", parameters = {{space = "span"}}}}]',
            ENSEMBLE,
            "span",
        ),
        ('models = ["LR"]\nclinical = {columns = ["age"]}', ENSEMBLE, "genes"),
    ],
)
def test_an_ensemble_of_an_older_file_learned_on_genes(settings, name, space, tmp_path):
    """Before version 5 there was no other space; today's is the span of the training rows."""
    path = tmp_path / "study.toml"
    today = {} if space == "genes" else {"space": space}
    for version, told in ((4, {"space": space}), (SETTINGS_VERSION, today)):
        study = load_study(write_study(path, f"settings_version = {version}\n{settings}"))
        model = next(model for model in study.models if model.name == name)
        assert {k: v for k, v in model.parameters.items() if k == "space"} == told
        others = [model for model in study.models if model.estimator != ENSEMBLE]
        assert not any(model.parameters for model in others)


def test_a_study_of_an_older_version_has_no_committee_by_default(tmp_path):
    path = tmp_path / "study.toml"
    names = {
        version: [
            model.name
            for model in load_study(write_study(path, f"settings_version = {version}")).models
        ]
        for version in (4, SETTINGS_VERSION)
    }
    assert names[4][0] == "DeepCME"
    assert names[SETTINGS_VERSION] == ["Committee", *names[4]]
    named = load_study(write_study(path, 'settings_version = 4\nmodels = ["Committee", "LR"]'))
    assert [model.name for model in named.models] == ["Committee", "LR"]


def test_so_did_one_of_times(tmp_path):
    path = tmp_path / "study.toml"
    settings = 'settings_version = 4\nsurvival = {}\n[cohort]\npath = "none.h5ad"\n'
    path.write_text(settings)
    first = load_study(path).models[0]
    assert (first.name, first.parameters) == ("DeepCME-Cox-ensemble", {"space": "genes"})


def test_models_that_are_no_list_are_told_as_ever(tmp_path):
    path = tmp_path / "study.toml"
    for models in ("3", '[{parameters = 3, name = "DeepCME-ensemble"}]', "[3]"):
        with pytest.raises(DeepCMEError, match="models"):
            load_study(write_study(path, f"settings_version = 4\nmodels = {models}"))


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("99", "written by a later deepcme .settings_version = 99, and this one knows"),
        ("0", "settings_version must be a whole number from 1 to"),
        ("true", "settings_version must be a whole number from 1 to"),
        ('"2"', "settings_version must be a whole number from 1 to"),
    ],
)
def test_a_version_that_is_none_is_told(tmp_path, version, sentence):
    path = write_study(tmp_path / "study.toml", f"settings_version = {version}")
    with pytest.raises(DeepCMEError, match=f"study.toml: {sentence}"):
        load_study(path)
