"""The page computes what `predict` does, whatever is typed."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme.base.files.files import csv_text
from deepcme.trained.new_samples import read_expression
from deepcme.trained.panels.prediction import tell
from deepcme.trained.prediction import predict, round_predictions
from tests.browser.calculator.conftest import PANELS, typical

pytestmark = pytest.mark.browser

BATCH, BATCHES = 25, 58  # of each of seven panels: 10,150 patients
NUMBERS = {
    "ci_low": "low", "ci_high": "high", "lowest": "lowest", "highest": "highest",
    "place": "place", "spread": "spread", "coverage": "coverage", "log_hazard": "predictor",
}  # fmt: skip
ODD = [0.0, -0.0, -1.0, 1e-30, -1e-30, 1e6, 3e38, -3e38, 0.1, 65504.0]


@pytest.fixture(params=PANELS)
def panel(open_panel, request):
    return open_panel(request.param)


def patients(model):
    """Batches of patients: mostly as in training, with gaps and with numbers of any size."""
    ranges = model.panel.ranges
    is_logged = model.manifest.preprocessing.log2
    n_references = (
        len(model.manifest.panel.reference.id) if model.manifest.panel.reference else 0
    )
    level = 5.5 if n_references else 0.0

    def value(low, high):
        near = st.floats(low - 0.05 * (high - low), high + 0.05 * (high - low))
        near = near.map(lambda logged: 2.0**logged - 1 if is_logged else logged)
        odd = st.sampled_from([None, None, *ODD]) | st.floats(width=32).map(as_told)
        return st.integers(0, 9).flatmap(lambda of_ten: near if of_ten < 9 else odd)

    def as_told(number):
        return number if np.isfinite(number) else None

    ends = [(row[0] + level, row[-1] + level) for row in ranges] + [(5.0, 6.0)] * n_references
    one = st.tuples(*(value(low, high) for low, high in ends)).map(list)
    return st.lists(one, min_size=1, max_size=2 * BATCH)


def assert_told_alike(panel, rows):
    model = panel.model
    with np.errstate(over="ignore"):
        X = np.array(rows, dtype=np.float64).astype(np.float32)
    names = [f"P{number}" for number in range(len(rows))]
    wanted = tell(model, X, names)
    singles = [[None if np.isnan(v) else float(v) for v in row] for row in X]
    found = panel.tell(list(zip(names, singles, strict=True)))
    numbers = {**NUMBERS, model.told: "risk"}
    for row, of_page in enumerate(found):
        for column in numbers.keys() & wanted.keys():
            number = of_page.get(numbers[column])
            np.testing.assert_allclose(
                np.nan if number is None else number, wanted[column][row],
                rtol=panel.tolerance, atol=panel.tolerance, err_msg=f"{column} of {singles[row]}",
            )  # fmt: skip
        assert words_of(of_page, model) == {
            name: none_of(wanted[column][row])
            for name, column in (
                ("far", "far"), ("outside", "outside"), ("group", "group"), ("call", "positive"),
            )
            if column in wanted
        }, singles[row]  # fmt: skip


def none_of(value):
    return None if pd.isna(value) else value


def words_of(told, model):
    names = model.manifest.genes.names
    outside = [
        f"{names[gene]} {'above' if told['sides'][gene] > 0 else 'below'}"
        for gene in told["outside"]
    ]
    words = {"far": told.get("isFar"), "outside": "; ".join(outside)}
    if model.told == "risk":
        return {**words, "group": told.get("group")}
    return {**words, "call": told.get("isPositive")}


def test_ten_thousand_patients_are_told_what_predict_tells(panel):
    @settings(
        max_examples=BATCHES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(rows=patients(panel.model))
    def is_told_alike(rows):
        seen.append(len(rows))
        assert_told_alike(panel, rows)

    seen = []
    is_told_alike()
    print(panel.name, sum(seen))


def test_every_patient_like_those_of_the_training_has_the_same_risk(panel):
    """Many of each panel, with gaps in every tenth."""
    n_patients = 1_000 if "networks" in panel.name else 10_000
    X = typical(panel.model, n_patients, seed=1).astype(np.float64)
    random = np.random.default_rng(2)
    X[::10] = np.where(random.random(X[::10].shape) < 0.2, np.nan, X[::10])
    assert_told_alike(panel, X.tolist())


def test_the_file_that_is_downloaded_has_the_text_that_predict_writes(panel, tmp_path):
    X = typical(panel.model, 120, seed=3).astype(np.float64)
    X[3, 0] = np.nan
    X[5] = np.nan
    X[7] = 1e6
    X[9, 1] = -40
    manifest = panel.model.manifest
    reference = manifest.panel.reference
    genes = [*manifest.genes.others["symbol"], *(reference.id if reference else [])]
    table = pd.DataFrame(X, columns=genes)
    table.insert(0, "sample", [f"P{number}, '{number}'" for number in range(len(X))])
    path = tmp_path / "new.csv"
    path.write_text(csv_text(table))
    predicted = predict(panel.model, read_expression(path, manifest.genes))
    wanted = round_predictions(predicted.table).drop(columns="training_patient")
    panel.choose("new.csv", path.read_text())
    with panel.page.expect_download() as waited:
        panel.page.get_by_role("button", name="Download as CSV").click()
    downloaded = waited.value.path().read_text()
    assert downloaded == csv_text(wanted)
    assert len(pd.read_csv(io.StringIO(downloaded))) == 120
