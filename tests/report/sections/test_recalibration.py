"""What the report says of recalibrated probabilities, and of those that got worse by it."""

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.recalibration import (
    fit_recalibrations,
    recalibrate_predictions,
)
from deepcme.report.sections.recalibration import (
    compute_recalibration_lines,
    describe_recalibration,
)


def predictions(model, slope, *, fitted_on_both=False, left_out=None):
    """Four splits of 40 fitted and 40 test rows each, true log-odds over `slope` as the score.

    In the last split events score lower on the rows that the line is learned on.
    """
    random = np.random.default_rng(5)
    tables = []
    for split in range(1, 5):
        log_odds = random.normal(size=80)
        label = (random.random(80) < expit(log_odds)).astype(int)
        part = np.repeat(["validation", "test"], 40)
        turned = np.where((part == "validation") & (split == 4), -1, 1)
        score = turned * log_odds / slope
        samples = [f"S{split}.{i}" for i in range(80)]
        table = pd.DataFrame(
            {
                "split": split,
                "model": model,
                "sample": samples,
                "patient": samples,
                "part": part,
                "label": label,
                "score": score,
                "probability": expit(score),
            }
        )
        if left_out:
            table["left_out"] = left_out
        training = table[part == "validation"].assign(part="train")
        tables += [table, *([training] if fitted_on_both else [])]
    return pd.concat(tables, ignore_index=True)


def made_of(table):
    fits = fit_recalibrations(table)
    recalibrated = recalibrate_predictions(table, fits)
    return {
        "recalibration": compute_calibration(recalibrated, np.random.default_rng(0)),
        "recalibration_lines": compute_recalibration_lines(fits),
        "calibration": compute_calibration(table, np.random.default_rng(0), 20),
    }


def test_each_model_has_a_row_on_what_its_lines_were_learned_on():
    table = pd.concat(
        [predictions("network", 0.5), predictions("tuned", 1, fitted_on_both=True)]
    )
    lines = made_of(table)["recalibration_lines"].set_index("model")
    assert lines["learned_on"].to_dict() == {
        "network": "validation part",
        "tuned": "out of fold, training and validation part",
    }
    assert (lines["n"] == 40).all()
    assert (lines["events"] < 40).all()
    assert lines["refused"].tolist() == [1, 1]
    assert lines["n_splits"].tolist() == [4, 4]


def test_refused_lines_are_counted_in_words():
    said = describe_recalibration(made_of(predictions("network", 0.3)))
    assert said == (
        "In some splits scores did not rise with the risk, and everyone there gets the "
        "prevalence: network in 1 of 4. Recalibration made no Brier score worse."
    )


def test_a_model_that_recalibration_made_worse_is_named_with_its_figures():
    table = predictions("perfect", 1, left_out="north")
    made = made_of(table)
    brier = [
        made[name].set_index("metric").loc["brier", "value"]
        for name in ("calibration", "recalibration")
    ]
    assert brier[0] < brier[1]
    assert describe_recalibration(made).endswith(
        "Recalibration made the Brier score worse for perfect on north "
        f"({brier[0]:.3f} to {brier[1]:.3f})."
    )


def test_without_probabilities_before_there_is_nothing_to_compare():
    made = made_of(predictions("network", 1))
    del made["calibration"]
    assert "Brier" not in describe_recalibration(made)
