"""Refits on bootstrap samples: who is drawn, what is fitted, what is kept."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.base.errors import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.honest import final_seed
from deepcme.models import baselines
from deepcme.models.fitting import prepare_and_fit
from deepcme.report.page import write_report
from deepcme.study import fit
from deepcme.study.parts.instability import INSTABILITY, Patients, draw_bootstrap_rows
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import load_study
from tests.conftest import BINARY_EXAMPLE_TOML, drawn_charts, invented_cohort
from tests.study.conftest import QUICK_NETWORK


@pytest.fixture
def study_of(quick_study):
    def make(model="LR", refits=3, **options):
        asked = {"refits": refits, "model": model}
        return quick_study(**{"models": ["LR", "KNN"], "instability": asked, **options})

    return make


def run(study, path, jobs=1):
    return run_study(study, path, jobs=jobs, quiet=True)


def test_every_refit_gives_every_sample_a_risk(study_of, tmp_path):
    cohort = invented_cohort()
    table = run(study_of(), tmp_path / "out").read_table("instability.parquet")
    assert list(table) == ["refit", "sample", "patient", "label", "drawn", "risk"]
    assert table.groupby("refit").size().to_dict() == dict.fromkeys(range(4), cohort.n_samples)
    assert table["risk"].between(0, 1).all()
    assert (table.query("refit == 0")["drawn"] == 1).all()
    assert (
        table.query("refit == 1")["risk"].tolist() != table.query("refit == 2")["risk"].tolist()
    )


def test_the_original_is_the_model_that_is_handed_on(study_of, tmp_path):
    study, data = study_of(), CohortArrays.of(invented_cohort())
    everyone = np.arange(len(data.labels))
    model = study.models[0]
    fitted, prepared, _ = prepare_and_fit(
        data, everyone, study.preprocessing, model.kind, {}, final_seed(study.seed)
    )
    table = run(study, tmp_path / "out").read_table("instability.parquet")
    risk = table.query("refit == 0")["risk"].to_numpy()
    np.testing.assert_allclose(risk, fitted.predict_proba(prepared.X)[:, 1])


def two_samples_each():
    """Twenty patients of two samples each."""
    random = np.random.default_rng(0)
    return Cohort.from_arrays(
        random.normal(size=(40, 5)),
        np.tile(np.arange(20) % 2, 2),
        samples=[f"S{i}" for i in range(40)],
        patients=[f"P{i % 20}" for i in range(40)],
        genes=[f"gene{i}" for i in range(5)],
        endpoint="invented",
        scale="log2",
    )


def test_patients_are_drawn_with_all_their_samples():
    cohort = two_samples_each()
    rows = draw_bootstrap_rows(Patients.of(cohort, None), 1, 1)
    times = np.bincount(rows, minlength=40)
    assert (times[:20] == times[20:]).all()
    assert len(rows) == 40
    assert times.max() > 1
    assert (np.diff(rows) >= 0).all()
    assert not np.array_equal(rows, draw_bootstrap_rows(Patients.of(cohort, None), 1, 2))


def test_a_sample_without_patients_to_hold_out_is_drawn_again():
    base = two_samples_each()
    few = base.labels.copy()
    few[:] = np.isin(base.patients, ["P0", "P1", "P2"])
    cohort = Cohort.from_arrays(
        base.X, few, samples=base.samples.tolist(), patients=base.patients.tolist(),
        genes=base.gene_ids.tolist(), endpoint="rare", scale="log2",
    )  # fmt: skip
    for number in range(1, 20):
        rows = draw_bootstrap_rows(Patients.of(cohort, None), 1, number)
        assert len(set(cohort.patients[rows][cohort.labels[rows] == 1])) == 3


def test_repeats_of_a_patient_are_not_on_both_sides_of_tuning(study_of, monkeypatch):
    sides = []
    original = baselines.hold_out

    def spy(target, groups, *rest):
        train, held_out = original(target, groups, *rest)
        sides.append((set(groups[train]), set(groups[held_out])))
        return train, held_out

    monkeypatch.setattr(baselines, "hold_out", spy)
    plan = make_plan(study_of(model="LR-tuned", models=["LR-tuned"]), invented_cohort())
    data = CohortArrays.of(plan.cohort)
    for task in INSTABILITY.of(plan):
        task.run(data)
    assert len(sides) == 4
    for train, held_out in sides:
        assert train
        assert held_out
        assert not train & held_out


def test_a_refit_never_sees_whom_its_sample_does_not_hold(study_of):
    plan = make_plan(study_of(model="LR-tuned", models=["LR-tuned"]), invented_cohort())
    data, task = CohortArrays.of(plan.cohort), INSTABILITY.of(plan)[1]
    unseen = np.setdiff1d(np.arange(plan.cohort.n_samples), task.split.train)
    X = data.X.copy()
    X[unseen] *= 1000
    clean, dirty = (task.run(of)["risk"] for of in (data, replace(data, X=X)))
    np.testing.assert_array_equal(clean[task.split.train], dirty[task.split.train])
    assert not np.array_equal(clean[unseen], dirty[unseen])


@pytest.mark.slow
def test_the_same_bytes_for_any_number_of_workers(study_of, tmp_path):
    one, two = (run(study_of(), tmp_path / str(jobs), jobs) for jobs in (1, 2))
    name = "instability.parquet"
    assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_asking_for_more_keeps_the_refits_that_are_there(study_of, tmp_path, monkeypatch):
    first = run(study_of(refits=2), tmp_path / "out").read_table("instability.parquet")
    monkeypatch.setattr(fit, "fit_task", None)  # no model of a split is fitted again
    folder = run(study_of(refits=3), tmp_path / "out")
    more = folder.read_table("instability.parquet")
    assert more[more["refit"] <= 2].equals(first)
    assert more["refit"].max() == 3
    run(study_of(refits=0), tmp_path / "out")
    assert not folder.has_table("instability.parquet")


@pytest.mark.parametrize(
    ("models", "named", "refitted"),
    [
        ([QUICK_NETWORK, "LR", "LR-tuned"], "", "LR-tuned"),  # the network's comparator
        (["KNN", "LR"], "", "KNN"),  # what the study is about is quick itself
        ([QUICK_NETWORK], "", "DeepCME"),
        ([QUICK_NETWORK, "LR"], "DeepCME", "DeepCME"),
    ],
)
def test_which_model_is_refitted(study_of, models, named, refitted):
    study = study_of(model=named, models=models, refits=1)
    tasks = INSTABILITY.of(make_plan(study, invented_cohort()))
    assert [task.title for task in tasks] == [
        f"{refitted}, all patients", f"{refitted}, bootstrap sample 1"
    ]  # fmt: skip


def test_a_network_can_be_refitted_and_its_time_is_told(
    study_of, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("deepcme.study.estimate.ANNOUNCED_SECONDS", 0.0)
    study = study_of(model="DeepCME", models=[QUICK_NETWORK], refits=2)
    run_study(study, tmp_path / "out", jobs=1)
    said = capsys.readouterr().err
    assert "Refits of DeepCME on 2 bootstrap samples of the patients." in said
    assert "5 fits to do, which train 5 networks, 3 for instability: about " in said


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"model": "RF"},
            "there is no 'RF' among the models of the study; name one of LR, SVC",
        ),
        ({"model": "SVC"}, "SVC gives no probabilities"),
    ],
)
def test_a_model_that_cannot_be_is_refused(study_of, asked, words):
    with pytest.raises(DeepCMEError, match=words):
        study_of(**asked, models=["LR", "SVC"])


def test_too_few_patients_of_a_class_are_refused(study_of):
    base = invented_cohort()
    labels = np.isin(np.arange(base.n_samples), [0, 1])
    cohort = Cohort.from_arrays(
        base.X, labels, samples=base.samples.tolist(), genes=base.gene_ids.tolist(),
        endpoint="rare", scale="fpkm",
    )  # fmt: skip
    plan = make_plan(study_of(), invented_cohort())
    with pytest.raises(DeepCMEError, match="need at least 3 patients with and 3 without"):
        list(INSTABILITY.tasks(replace(plan, cohort=cohort)))


def test_the_section_of_a_study_file(tmp_path):
    text = f'{BINARY_EXAMPLE_TOML}[instability]\nrefits = 7\nmodel = "LR"\n'
    (tmp_path / "study.toml").write_text(text)
    study = load_study(tmp_path / "study.toml", {"instability": {"refits": 9}})
    assert (study.instability.refits, study.instability.model) == (9, "LR")


def test_the_report_says_what_was_run_and_what_was_not(study_of, tmp_path):
    def page(refits, formats):
        folder = run(study_of(refits=refits), tmp_path / "out")
        return folder, write_report(folder, formats).read_text(encoding="utf-8")

    _, text = page(0, ["md"])
    assert "refits on bootstrap samples (`--instability 200`)" in text
    with drawn_charts():
        folder, text = page(3, ["html", "csv"])
    assert "LR was developed again on 3 bootstrap samples of the patients" in text
    assert "200 refits are usual" in text
    for name in ("prediction", "calibration", "classification"):
        assert (folder.path / "figures" / f"{name}_instability.svg").exists()
        assert (folder.path / "tables" / f"{name}_instability.csv").exists()
    folder.remove_tables(["instability.parquet"])
    text = write_report(folder, ["md"]).read_text(encoding="utf-8")
    assert "Not finished: refits on bootstrap samples." in text
