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

MOST_AT_ONCE, TIMES = 50, 120
LEAST = 1_250  # of each of eight panels: ten thousand patients
NUMBERS = {
    "ci_low": "low", "ci_high": "high", "lowest": "lowest", "highest": "highest",
    "place": "place", "spread": "spread", "coverage": "coverage", "log_hazard": "predictor",
}  # fmt: skip
WORDS = {"far": "isFar", "outside": "outside", "group": "group", "positive": "isPositive"}
ODD = [None, 0.0, -0.0, -1.0, 1e-30, -1e-30, 1e6, 3e38, -3e38, 0.1, 65504.0]


@pytest.fixture(params=PANELS)
def panel(open_panel, request):
    return open_panel(request.param)


def patients(model):
    """Batches of patients: mostly as in training, with gaps and with numbers of any size."""
    is_logged = model.manifest.preprocessing.log2
    reference = model.manifest.panel.reference
    n_references = len(reference.id) if reference else 0
    level = 5.5 if n_references else 0.0

    def values(low, high):
        room = 0.05 * (high - low)
        near = st.floats(low - room, high + room)
        if is_logged:
            near = near.map(lambda logged: 2.0**logged - 1)
        odd = st.sampled_from(ODD) | st.floats(allow_nan=False, allow_infinity=False, width=32)
        # Most are near, so that few patients are refused.
        return st.one_of(*[near] * 9, odd)

    ends = [(row[0] + level, row[-1] + level) for row in model.panel.ranges]
    ends += [(5.0, 6.0)] * n_references
    patient = st.tuples(*(values(low, high) for low, high in ends)).map(list)
    numbers = st.integers(1, MOST_AT_ONCE)
    return numbers.flatmap(lambda n: st.lists(patient, min_size=n, max_size=n))


def assert_told_alike(panel, rows):
    X = np.array(rows, dtype=np.float64).astype(np.float32)
    wanted = tell(panel.model, X, [str(number) for number in range(len(X))])
    told = panel.tell(X)
    for column, name in {**NUMBERS, panel.model.told: "risk"}.items():
        if column in wanted:
            numbers = np.array([of.get(name) for of in told], dtype=np.float64)
            np.testing.assert_allclose(
                numbers, np.asarray(wanted[column], dtype=np.float64),
                rtol=panel.tolerance, atol=panel.tolerance, err_msg=f"{column} of {X}",
            )  # fmt: skip
    names = panel.model.manifest.genes.names
    for of_page in told:
        of_page["outside"] = "; ".join(
            f"{names[gene]} {'above' if of_page['sides'][gene] > 0 else 'below'}"
            for gene in of_page["outside"]
        )
    for column, name in WORDS.items():
        if column in wanted:
            words = [None if pd.isna(word) else word for word in wanted[column]]
            assert [of_page.get(name) for of_page in told] == words, X
    refused = np.isnan(np.asarray(wanted["lowest"], dtype=np.float64))
    reasons = [why if no else None for why, no in zip(wanted["remark"], refused, strict=True)]
    assert [of_page.get("refusal") for of_page in told] == reasons, X


def test_ten_thousand_patients_are_told_what_predict_tells(panel):
    seen = []

    @settings(
        max_examples=TIMES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(rows=patients(panel.model))
    def are_told_alike(rows):
        seen.append(len(rows))
        assert_told_alike(panel, rows)

    are_told_alike()
    assert sum(seen) >= LEAST


def test_patients_like_those_of_the_training_have_the_same_risk(panel):
    """A thousand of each panel, a tenth of them with gaps."""
    X = typical(panel.model, 1_000, seed=1).astype(np.float64)
    random = np.random.default_rng(2)
    X[::10] = np.where(random.random(X[::10].shape) < 0.2, np.nan, X[::10])
    assert_told_alike(panel, X)


@pytest.mark.parametrize("name", ["reference", "reference of logs"])
def test_values_on_another_scale_are_refused_alike(open_panel, name):
    panel = open_panel(name)
    X = typical(panel.model, 300, seed=4).astype(np.float64)
    other = np.log2(X + 1) if panel.model.manifest.preprocessing.log2 else 2**X - 1
    factor = np.random.default_rng(5).uniform(0.2, 4, (len(X), 1))
    assert_told_alike(panel, np.vstack([other, factor * other, -X]))


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
    path.write_text(csv_text(table), encoding="utf-8")
    predicted = predict(panel.model, read_expression(path, manifest.genes_to_read))
    wanted = round_predictions(predicted.table).drop(columns="training_patient")
    panel.choose("new.csv", path.read_text(encoding="utf-8"))
    with panel.page.expect_download() as waited:
        panel.page.get_by_role("button", name="Download as CSV").click()
    downloaded = waited.value.path().read_text(encoding="utf-8")
    assert downloaded == csv_text(wanted)
    assert len(pd.read_csv(io.StringIO(downloaded))) == 120
