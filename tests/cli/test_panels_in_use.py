"""`deepcme predict`, `validate` and `export` of a panel, of one patient and of a cohort."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.trained.files import save_model
from tests.cli.test_models import run
from tests.trained.panels.invented import invented_panel_model
from tests.trained.panels.test_prediction import samples_of


@pytest.fixture(params=["binary", "survival"])
def model(request, tmp_path):
    made = invented_panel_model(request.param, genes=6, reference=2)
    save_model(made, tmp_path / "panel")
    return made


def test_one_patient_with_a_gap_has_a_range_on_the_page_too(
    model, tmp_path, monkeypatch, capsys
):
    X = samples_of(model, 2)
    X[1, 0] = np.nan
    names = model.manifest.genes_to_read.names
    pd.DataFrame(X, ["P1", "P2"], names).rename_axis("sample").to_csv(tmp_path / "new.csv")
    paths = [tmp_path / name for name in ("panel", "new.csv", "out.csv", "page.html")]
    assert run(monkeypatch, "predict", *paths[:2], "-o", paths[2], "--page", paths[3]) == 0
    table = pd.read_csv(paths[2])
    assert [*table][:7] == [
        *("sample", model.told, "ci_low", "ci_high", "lowest", "highest", "place")
    ]
    first, second = table.to_dict("records")
    assert first["ci_low"] < first[model.told] < first["ci_high"]
    assert np.isnan(second[model.told]) and second["lowest"] < second["highest"]
    assert "1 sample with a range of risks, not a risk." in capsys.readouterr().out
    page = paths[3].read_text()
    assert f"P2: between {second['lowest']:.0%} and {second['highest']:.0%}" in page
    assert f"95% interval {first['ci_low']:.0%} to {first['ci_high']:.0%}" in page
    assert "the choice of genes is taken as given" in page


def test_a_panel_is_validated_on_a_cohort(model, tmp_path, monkeypatch, capsys):
    X = samples_of(model, 60)
    events = np.arange(60) % 3 == 0
    outcome = events.astype(int)
    if model.told == "risk":
        endpoint = Endpoint("Time to relapse.", unit="years", horizon=5.0)
        outcome = SurvivalOutcome(
            np.where(events, 2.0, 6.5) + np.arange(60) / 100, events, endpoint
        )
    cohort = Cohort.from_arrays(
        X,
        outcome,
        samples=[f"N{n}" for n in range(60)],
        patients=[f"Q{n}" for n in range(60)],
        genes=model.manifest.genes_to_read.names,
        endpoint="Relapse." if model.told == "probability" else endpoint,
        scale="log2",
        name="new",
    )
    cohort.save(tmp_path / "new.h5ad")
    paths = [tmp_path / name for name in ("panel", "new.h5ad", "validation")]
    assert run(monkeypatch, "validate", *paths[:2], "-o", paths[2]) == 0
    assert "60 new samples with 20 events" in capsys.readouterr().out
    assert pd.read_csv(paths[2] / "predictions.csv")["ci_low"].notna().all()


def test_a_panel_is_exported_by_the_ending(model, tmp_path, monkeypatch, capsys):
    for ending in ("csv", "md"):
        path = tmp_path / f"panel.{ending}"
        assert run(monkeypatch, "export", tmp_path / "panel", "-o", path) == 0
        assert path.stat().st_size > 500
    assert run(monkeypatch, "export", tmp_path / "panel", "-o", tmp_path / "panel.txt") == 2
    assert "name the file .csv" in capsys.readouterr().err
