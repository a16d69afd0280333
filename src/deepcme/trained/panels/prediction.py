"""What a panel tells of samples: risk, its interval, its range, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted, few
from deepcme.cohort.scales.scales import Scale
from deepcme.trained.learned.arrays import Scores
from deepcme.trained.learned.pushes import Pushes, find_pushes, in_words
from deepcme.trained.model import Model
from deepcme.trained.panels.extremes import find_extremes
from deepcme.trained.panels.panel import RISK_QUANTILES, take_interval
from deepcme.trained.panels.values import PanelValues
from deepcme.trained.recognition import known_by_id, recognise
from deepcme.trained.scales.scale_reading import require_convertible
from deepcme.trained.unlabelled import Expression

FloatArray = NDArray[np.float64]

_NAMED = 6


def tell(
    model: Model,
    X: NDArray[np.floating],
    samples: Sequence[str],
    *,
    scale: Scale | None = None,
    patients: Sequence[str] | None = None,
) -> dict[str, Any]:
    """What a panel tells of samples, a list or array for each column of `predict`'s table.

    Each sample is judged alone. A gene without a value gives a range of risks, never a risk:
    probability or risk, interval and place are then missing.

    Parameters
    ----------
    model : Model
        A panel.
    X : ndarray, shape (samples, genes and reference genes)
        Values as they came, in the order of ``manifest.genes`` and then of
        ``manifest.panel.reference``; taken in single precision, NaN where missing.
    samples : sequence of str
    scale : Scale, optional
        What the values are; by default what the model's were.
    patients : sequence of str, optional
        Of each sample, where known.

    Raises
    ------
    DeepCMEError
        If the scale cannot be converted to the model's.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> panel = deepcme.train(cohort[:60], panel=3, repeats=1, quiet=True).model
    >>> from deepcme.trained.panels.prediction import tell
    >>> new = cohort[60:].to_frame()[panel.manifest.genes.id]
    >>> len(tell(panel, new.to_numpy(), list(new.index))["probability"])
    30
    """
    require_convertible(scale, model, "none")
    told = tell_of_values(PanelValues.of(model, X, scale))
    if model.sketches is None:
        return with_names(told.columns, samples, known_by_id(model, samples, patients))
    genes = np.arange(model.n_genes)
    expression = Expression(
        np.asarray(X, dtype=np.float32), list(samples), {}, scale, patients=patients
    )
    known = recognise(model, expression, genes, "none")
    assert known is not None
    return with_names(told.columns, samples, known.column().tolist())


class Told(NamedTuple):
    """What is told of samples.

    Attributes
    ----------
    columns : dict
    pushes : list
        Of each sample the genes that push it most.
    resampled : ndarray of float64, shape (samples, resamples)
        Calibrated log-odds or log hazards by each resampled refit.
    """

    columns: dict[str, Any]
    pushes: list[Pushes]
    resampled: FloatArray


def tell_of_values(values: PanelValues) -> Told:
    """What is told of values that were read, whosever they are."""
    model, known = values.model, values.known
    outside = values.outside()
    remarks = values.reasons(outside)
    has_range = np.array([not reason for reason in remarks], dtype=bool)
    complete = has_range & known.all(axis=1)
    Z = values.standardised()
    columns, resampled = _tell_risks(model, Z, known, has_range, complete)
    partly = np.flatnonzero(has_range & ~complete)
    for row, said in zip(partly, values.ranges_in_words(partly), strict=True):
        remarks[row] = said
    pushes: list[Pushes] = [[] for _ in remarks]
    rows = np.flatnonzero(complete)
    if len(rows):
        shares = model.slope * model.learned.attribute(Z[rows])
        found = find_pushes(shares, model.manifest.genes.names)
        for row, of_sample in zip(rows, found, strict=True):
            pushes[row] = of_sample
    n_known = known.sum(axis=1)
    distances = np.sqrt((Z**2).sum(axis=1) / np.maximum(n_known, 1))
    columns |= {
        "far": [
            bool(distance > model.manifest.far_distance) if is_told else None
            for distance, is_told in zip(distances, has_range, strict=True)
        ],
        "coverage": n_known / model.n_genes,
        "outside": values.outside_in_words(outside),
        "genes": [in_words(of_sample) for of_sample in pushes],
        "remark": remarks,
    }
    return Told(columns, pushes, resampled)


def _tell_risks(
    model: Model,
    Z: FloatArray,
    known: NDArray[np.bool_],
    has_range: NDArray[np.bool_],
    complete: NDArray[np.bool_],
) -> tuple[dict[str, Any], FloatArray]:
    """Risk, interval, range and place, what else its kind tells, and resampled predictors."""
    assert model.panel is not None
    scores = model.learned.evaluate(Z)
    if not complete.all():
        rows = np.flatnonzero(complete)
        of_members = None if scores.by_member is None else scores.by_member[rows]
        scores = Scores(scores.score[rows], of_members).among(rows, len(Z))
    others = model.tell(scores)
    risk = others.pop(model.told)
    resampled = np.full((len(Z), model.panel.n_resamples), np.nan)
    resampled[complete] = model.panel.predictors(Z[complete])
    ci_low, ci_high = take_interval(model.resampled_risks(resampled))
    ends = np.array([risk, risk])
    partly = has_range & ~complete
    if partly.any():
        low, high = find_extremes(model, Z[partly], known[partly])
        ends[:, partly] = model.risks(low), model.risks(high)
    told = {
        model.told: risk,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "lowest": ends[0],
        "highest": ends[1],
        "place": find_place(model, risk),
        **others,
    }
    return told, resampled


def find_place(model: Model, risk: FloatArray) -> FloatArray:
    """Share of the training patients with a lower risk, 0 to 1; NaN where there is no risk.

    Between two quantiles in proportion; of a model that gives everybody the same, NaN.
    """
    assert model.panel is not None
    quantiles = model.panel.risks
    place = np.full(len(risk), np.nan)
    if model.rises:
        for row in np.flatnonzero(~np.isnan(risk)):
            above = int(quantiles.searchsorted(risk[row]))
            place[row] = RISK_QUANTILES[min(above, len(quantiles) - 1)]
            if 0 < above < len(quantiles):
                low, high = quantiles[above - 1], quantiles[above]
                place[row] += ((risk[row] - low) / (high - low) - 1) * RISK_QUANTILES[1]
    return place


def with_names(
    columns: dict[str, Any], samples: Sequence[str], training_patient: Sequence[str]
) -> dict[str, Any]:
    """The columns with the samples and whether the model learned from their patients."""
    named: dict[str, Any] = {"sample": list(samples)}
    for name, column in columns.items():
        if name == "genes":
            named["training_patient"] = list(training_patient)
        named[name] = column
    return named


def require_any(samples: Sequence[str], columns: dict[str, Any]) -> None:
    """Refuse samples none of which gets a risk or a range.

    Raises
    ------
    DeepCMEError
        With the reasons.
    """
    if np.isnan(columns["lowest"]).all():
        reasons = " ".join(
            note.removeprefix(WARNING) for note in warnings_of_panel(samples, columns)
        )
        raise DeepCMEError(f"No sample can be predicted. {reasons}")


def warnings_of_panel(samples: Sequence[str], columns: dict[str, Any]) -> list[str]:
    """What is to be said of samples, by name: no risk, a range, genes out of range."""
    named: dict[str, list[str]] = {}
    for sample, low, remark in zip(samples, columns["lowest"], columns["remark"], strict=True):
        if remark:
            said = f"without a prediction: {remark}" if np.isnan(low) else f"with {remark}"
            named.setdefault(said, []).append(sample)
    outside = [sample for sample, said in zip(samples, columns["outside"], strict=True) if said]
    if outside:
        named["with values out of the training range of their gene, named under outside"] = (
            outside
        )
    return [
        f"{WARNING}{counted(len(those), 'sample')} ({few(those, _NAMED)}) {said}."
        for said, those in named.items()
    ]
