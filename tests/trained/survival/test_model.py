"""A model of times in use: risks, groups, curves, and its folder."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from deepcme import DeepCMEError
from deepcme.evaluation.survival.tables.risk_groups import GROUPS
from deepcme.trained.files import (
    ARRAYS_FILE,
    EXPECTED_FILE,
    MANIFEST_FILE,
    load_model,
    save_model,
)
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict, round_predictions
from deepcme.trained.survival.manifest import RiskGroups
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.survival.conftest import N_GENES, patients
from tests.trained.test_files import rewrite_arrays

NETWORK = {"hidden_layers": (6, 4), "max_epochs": 12, "learning_rate": 1e-2}
KINDS = {
    "Cox-top-200": {"n_genes": 5, "penalties": (0.5,)},
    "Cox-lasso": {"penalties": (0.05,)},
    "DeepCME-Cox": NETWORK,
    "DeepCME-Cox-ensemble": NETWORK,
}


@pytest.fixture(scope="module")
def told(timed_model, new_patients):
    model = timed_model.at_times((1.0, 8.0))
    return predict(model, expression_of(new_patients))


def test_each_sample_gets_its_risk_group_and_log_hazard(told, timed_model):
    table = told.table
    assert list(table.columns) == [
        "sample", "risk", "spread", "horizon", "group", "log_hazard", "risk_by_1", "risk_by_8",
        "far", "coverage", "training_patient", "genes", "remark",
    ]  # fmt: skip
    assert (table["horizon"] == "5 years").all()
    assert table["spread"].isna().all()
    assert (table["risk_by_1"] < table["risk"]).all()
    assert (table["risk"] < table["risk_by_8"]).all()
    low, high = timed_model.manifest.risk_groups.cut_offs
    expected = np.array(GROUPS)[np.digitize(table["risk"], [low, high], right=True)]
    assert table["group"].tolist() == expected.tolist()
    sizes = [f"{(expected == group).sum()} {group}" for group in GROUPS]
    assert told.describe() == (
        f"250 samples, by third of risk {sizes[0]}, {sizes[1]}, {sizes[2]}. Risks by 5 years "
        f"run from {table['risk'].min():.3f} to {table['risk'].max():.3f}."
    )


def test_genes_push_the_log_hazard_that_is_told(told, timed_model):
    first = told.table["genes"].str.split("; ").str[0]
    assert first.str.match(r"GENE[12] ").mean() > 0.7  # 2 of 30 by chance
    of_all = timed_model.slope * timed_model.learned.intercept[0]
    shares = told.table["genes"].str.findall(r"([+-]\d+\.\d+)")
    five = np.array([sum(map(float, row)) for row in shares]) + of_all
    assert np.corrcoef(five, told.table["log_hazard"])[0, 1] > 0.93


def test_curves_rise_to_the_risks_of_the_table(told, timed_model):
    curves = timed_model.curves(told.table)
    wide = curves.pivot(index="sample", columns="time", values="risk")
    assert wide.columns[0] == 0
    assert wide.columns[-1] == timed_model.manifest.follow_up.last_time
    assert (wide[0.0] == 0).all()
    assert (np.diff(wide, axis=1) >= 0).all()
    of_table = told.table.set_index("sample").loc[wide.index]
    np.testing.assert_array_equal(wide[5.0], of_table["risk"])
    np.testing.assert_allclose(wide[1.0], of_table["risk_by_1"])


def test_a_sample_without_a_prediction_has_none_of_these(timed_model, new_patients):
    expression = expression_of(new_patients).of_samples(np.arange(5))
    expression.X[0] = np.nan
    predictions = predict(timed_model, expression)
    row = predictions.table.iloc[0]
    assert row[["risk", "group", "log_hazard", "far"]].isna().all()
    assert row["remark"] == "no value of the model's genes"
    assert predictions.table["risk"].notna().sum() == 4
    assert set(timed_model.curves(predictions.table)["sample"]) == set(expression.samples[1:])


@pytest.mark.parametrize("times", [(13.0,), (0.0,), (-1.0,), (float("nan"),)])
def test_no_risk_is_told_beyond_the_follow_up(timed_model, times):
    with pytest.raises(
        DeepCMEError,
        match=r"There is no risk by .*: the follow-up of invented, from which the model is, tells "
        r"risks up to 11\.\d+ years; ask for times above 0 up to then\.$",
    ):
        timed_model.at_times(times)


@pytest.fixture(scope="module")
def folder(timed_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "model"
    save_model(timed_model, path)
    return path


def test_a_round_trip_gives_the_same_bytes_and_risks(folder, told, new_patients, tmp_path):
    read = load_model(folder)
    save_model(read, tmp_path / "again")
    for name in (MANIFEST_FILE, ARRAYS_FILE):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    again = predict(read.at_times((1.0, 8.0)), expression_of(new_patients)).table
    pd.testing.assert_frame_equal(again, told.table, check_exact=True)


@pytest.mark.slow
def test_another_process_tells_the_same_bytes(folder, told, new_patients, tmp_path):
    new_patients.save(tmp_path / "new.h5ad")
    code = "from deepcme.cli.main import main; main()"
    command = ["predict", str(folder), str(tmp_path / "new.h5ad"), "-q", "--times", "1,8"]
    files = ["-o", str(tmp_path / "there.csv"), "--curve", str(tmp_path / "curves.csv")]
    subprocess.run([sys.executable, "-c", code, *command, *files], check=True)
    round_predictions(told.table).to_csv(tmp_path / "here.csv", index=False)
    here, there = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("here", "there"))
    pd.testing.assert_frame_equal(there, here, check_exact=True)
    assert list(pd.read_csv(tmp_path / "curves.csv")) == ["sample", "time", "risk"]


def test_the_folder_holds_numbers_alone(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == [EXPECTED_FILE, MANIFEST_FILE, ARRAYS_FILE]
    arrays = load_file(folder / ARRAYS_FILE)
    assert {name for name in arrays if name.startswith("baseline.")} == {
        "baseline.times",
        "baseline.cumulative_hazards",
    }
    assert arrays["baseline.times"].dtype == np.float64
    content = json.loads((folder / MANIFEST_FILE).read_text())
    assert content["schema_version"] == 8
    assert content["follow_up"]["unit"] == "years"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda arrays: arrays.pop("baseline.times"), "the array baseline.times is missing"),
        (
            lambda arrays: arrays["baseline.times"].fill(np.nan),
            "is not one of times and rising",
        ),
        (lambda arrays: arrays["baseline.times"].fill(1.0), "is not one of times and rising"),
    ],
)
def test_a_baseline_that_cannot_be_one_is_refused(folder, tmp_path, change, sentence):
    save_model(load_model(folder), tmp_path / "copy")
    rewrite_arrays(tmp_path / "copy", change)
    with pytest.raises(DeepCMEError, match=sentence):
        load_model(tmp_path / "copy")


def test_cut_offs_that_cross_are_no_groups():
    with pytest.raises(ValueError, match="the cut-offs are not in order"):
        RiskGroups(cut_offs=(0.4, 0.2))


@pytest.fixture(scope="module", params=KINDS)
def other_kind(request):
    cohort = patients(90, 7, effect=1.0, name="few")[0]
    settings = TrainingSettings(repeats=1, model=request.param, parameters=KINDS[request.param])
    return train_model(cohort, settings)


def test_other_models_are_the_same_after_a_round_trip(other_kind, new_patients, tmp_path):
    save_model(other_kind, tmp_path / "model")
    read = load_model(tmp_path / "model")
    assert read.manifest == other_kind.manifest
    tables = [predict(one, expression_of(new_patients)).table for one in (other_kind, read)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    save_model(read, tmp_path / "again")
    for path in (tmp_path / "model").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    several = other_kind.manifest.model.name == "DeepCME-Cox-ensemble"
    assert tables[0]["spread"].notna().all() == several


def test_genes_add_up_to_the_log_hazard(other_kind):
    Z = np.random.default_rng(0).normal(size=(20, N_GENES)).astype(np.float32)
    score = other_kind.learned.evaluate(Z).score
    at_mean = other_kind.learned.evaluate(np.zeros_like(Z[:1])).score
    shares = other_kind.learned.attribute(Z)
    # Integrated over steps, so that the sum is as near as the log hazards are wide.
    np.testing.assert_allclose(
        shares.sum(axis=1), score - at_mean, atol=0.03 + 0.02 * np.ptp(score)
    )


def test_log_hazards_are_told_against_the_training_mean(other_kind):
    cohort = patients(90, 7, effect=1.0, name="few")[0]
    table = predict(other_kind, expression_of(cohort), allow_training_samples=True).table
    assert table["log_hazard"].mean() == pytest.approx(0, abs=0.02)
