"""C and AUC(t) of every model in every part of every split, one row each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import EVENT
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import HARRELL
from deepcme.evaluation.survival.tables.evaluated import (
    POSITION,
    EvaluatedPatients,
    Tested,
    check_survival_predictions,
    find_tau,
)
from deepcme.evaluation.survival.tables.within_parts import RANKED, measure_within_parts

CHANCE = 0.5
_KEYS = ["split", "model", "part"]


def compute_survival_metrics(
    predictions: pd.DataFrame,
    horizon: float | None,
    columns: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Uno's C, Harrell's C and AUC(t) of every split, model and part.

    The censoring distribution is that of all patients who are tested somewhere or, of the
    other parts, of all who train or validate somewhere; where cohorts are left out, it is of
    the patients of the test parts, or of the others, of each cohort left out.

    Parameters
    ----------
    predictions : DataFrame
        As `Evaluation.draw` takes it.
    horizon : float, optional
    columns : DataFrame, optional
        Numbers that censoring depends on, by sample.

    Returns
    -------
    DataFrame
        `split, model, part, metric, value, chance, n` (patients), `events` (up to tau; of
        Harrell's C all), and `left_out`. What cannot be estimated is NaN.
    """
    check_survival_predictions(predictions)
    is_test = predictions["part"] == "test"
    tau = find_tau(predictions[is_test], horizon)
    groups = [is_test.rename("of_test")]
    if LEFT_OUT in predictions.columns:
        groups = [predictions[LEFT_OUT], *groups]
    tables = [
        _of_group(rows, tau, columns)
        for _, rows in predictions.groupby(groups, sort=False, observed=True)
    ]
    order = pd.MultiIndex.from_frame(predictions[_KEYS].drop_duplicates())
    table = pd.concat(tables, ignore_index=True)
    place = order.get_indexer(pd.MultiIndex.from_frame(table[_KEYS]))
    metric = table["metric"].map({measure.name: i for i, measure in enumerate(RANKED)})
    table = table.iloc[np.lexsort((place, metric))].reset_index(drop=True)
    if LEFT_OUT in predictions.columns:
        cohort = predictions.drop_duplicates("split").set_index("split")[LEFT_OUT]
        table = table.assign(**{LEFT_OUT: table["split"].map(cohort)})
    return table


def _of_group(rows: pd.DataFrame, tau: float, columns: pd.DataFrame | None) -> pd.DataFrame:
    nothing = np.random.default_rng(0)
    patients = EvaluatedPatients.draw(None, rows, tau, nothing, 0, columns)
    position = patients.samples.get_indexer(pd.Index(rows["sample"]))
    one_each = rows.assign(**{POSITION: position})[position >= 0]
    tested = Tested(patients, one_each, rows, ())
    tables = []
    for (model, part), of_part in one_each.groupby(["model", "part"], sort=False):
        counts = _count(of_part, tau)
        for measure in RANKED:
            value = pd.Series(np.nan, index=counts.index)
            if patients.at is not None:
                value = measure_within_parts(tested, of_part, measure).of_splits
            events = "all_events" if measure is HARRELL else "events"
            tables.append(
                pd.DataFrame(
                    {
                        "split": counts.index,
                        "model": model,
                        "part": part,
                        "metric": measure.name,
                        "value": value.loc[counts.index].to_numpy(),
                        "chance": CHANCE,
                        "n": counts["n"].to_numpy(),
                        "events": counts[events].to_numpy(),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def _count(rows: pd.DataFrame, tau: float) -> pd.DataFrame:
    """Patients, events and events up to tau of each split."""
    event = rows["event"] == EVENT
    counted = pd.DataFrame(
        {"n": 1, "all_events": event, "events": event & (rows["time"] <= tau)}
    )
    return counted.groupby(rows["split"], observed=True).sum().astype(np.int64)
