"""A model applied to new samples: probability, spread, genes, and how far one may trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.processes.threads import single_thread
from deepcme.base.shown import Shown, Shows
from deepcme.base.words import counted, few
from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.pushes import Pushes, find_pushes, in_words
from deepcme.trained.model import COLUMN_TYPES, Model
from deepcme.trained.new_samples import (
    Expression,
    GeneMatch,
    Normalisation,
    known_values,
    match_genes,
    require_coverage,
    standardise,
)
from deepcme.trained.panels.prediction import (
    require_any,
    tell_of_values,
    warnings_of_panel,
    with_names,
)
from deepcme.trained.panels.reading import read_panel_values, require_panel_options
from deepcme.trained.recognition import notes_on_recognition, recognise, refuse_training_cohort
from deepcme.trained.scales.scale_reading import require_convertible
from deepcme.trained.suitability import judge_samples
from deepcme.trained.survival.model import require_times

__all__ = ["Predictions", "predict"]

_ROWS_AT_ONCE = 16
_EXPLAINED_AT_ONCE = 32


@dataclass(frozen=True, repr=False)
class Predictions(Shows):
    """One row per sample, and what was noted on the way.

    Attributes
    ----------
    table : DataFrame
        sample; of a model of yes or no probability (calibrated); spread (standard deviation
        of the calibrated probability over the networks; missing where the model is not of
        several); threshold (the model's); positive (whether the probability reaches it;
        missing where the model makes no calls); of a model of times risk (calibrated, by the
        horizon); spread (of the risk); horizon (in words); group (the third of the training
        patients' out-of-fold risks; missing where everybody gets the same risk); log_hazard
        (calibrated, against the training mean); risk_by_T for each further time T that was
        asked for; and of both far (whether the sample is far outside the training data);
        coverage (share of the model's genes with a value); training_patient (whether the model
        learned from the sample's patient: "yes" by id, "likely" by a profile that is
        nearly a training sample's, "no", or "unknown" of models of schema 1); genes
        (those that push it most, with their share in the log-odds, or the log hazard);
        remark (why there is no prediction, or what it rests on). A sample without a
        prediction has no probability or risk, spread, call, group or genes. A panel tells as
        well, after probability or risk: ci_low and ci_high (95% interval over resampled
        patients); lowest and highest (the risk over the training range of the genes without
        a value: of a sample that lacks some they are all that is told); place (share of the
        training patients with a lower risk, 0 to 1); outside (genes out of their training
        range).
    notes : list of str
        Coverage, conversions and warnings, those of the model too.
    model : Model
        That predicted.
    pushes : DataFrame
        sample, gene, share: the genes that push each sample most, as under `genes` of the
        table, one row each.
    resampled : ndarray of shape (samples, resamples), optional
        Of a panel: calibrated log-odds or log hazards by each resampled refit.
    """

    table: pd.DataFrame
    notes: list[str]
    model: Model
    pushes: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["sample", "gene", "share"])
    )
    resampled: NDArray[np.float64] | None = None

    def curves(self) -> pd.DataFrame:
        """Of a model of times: risk of every predicted sample at each time at which it rises.

        Returns
        -------
        DataFrame
            `sample, time, risk`; of a panel its interval, `ci_low, ci_high`, too.

        Raises
        ------
        DeepCMEError
            If the model tells yes or no.
        """
        return require_times(self.model, "A curve").curves(self.table, self.resampled)

    def resampled_of(self, row: int) -> NDArray[np.float64] | None:
        """Those of one sample, by its place in the table."""
        return None if self.resampled is None else self.resampled[row : row + 1]

    def describe(self) -> str:
        """How many were called positive, or are in which group, and the range."""
        predicted = self.table.dropna(subset=self.model.told)
        n_ranges = 0
        if self.model.panel is not None:
            n_ranges = int(self.table["lowest"].notna().sum()) - len(predicted)
        left = len(self.table) - len(predicted) - n_ranges
        said = [self.model.describe(predicted)] if len(predicted) else []
        if n_ranges:
            said.append(f"{counted(n_ranges, 'sample')} with a range of risks, not a risk.")
        if left:
            said.append(f"{counted(left, 'sample')} without a prediction.")
        return " ".join(said)

    def frame(self) -> pd.DataFrame:
        """The table by sample id."""
        return self.table.set_index("sample")

    def _shown(self) -> Shown:
        warnings = [note.removeprefix(WARNING) for note in self.notes if is_warning(note)]
        return Shown(
            f"Predictions of {counted(len(self.table), 'sample')} by {_name_of(self.model)}",
            [self.describe()],
            [("Warning", warning) for warning in warnings],
            round_predictions(self.table),
            "More: .frame(), .notes.",
        )


def _name_of(model: Model) -> str:
    return f"{model.manifest.model.name} of {model.manifest.cohort.name}"


def predict(
    model: Model,
    expression: Expression,
    *,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
) -> Predictions:
    """Predict new samples.

    A sample's prediction depends on that sample alone, but with `normalise` ``cohort``.

    Parameters
    ----------
    model : Model
    expression : Expression
        `read_expression` or `expression_of` makes one.
    normalise : {"none", "cohort", "rank"}
        How values of another platform are brought to the model's; see `standardise`.
    allow_missing : bool
        Whether values of less than 95% of the model's genes will do; a missing gene
        counts as its training mean.
    allow_training_samples : bool
        Whether the whole training cohort may be predicted; some patients of it may be, and
        are marked.

    Raises
    ------
    DeepCMEError
        If no sample can be predicted, too many genes are missing, the declared scale
        cannot be converted, or these are the training cohort.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).model
    >>> from deepcme.trained.new_samples import expression_of
    >>> from deepcme.trained.prediction import predict
    >>> len(predict(model, expression_of(cohort[60:])).frame())
    30
    """
    match = match_genes(expression, model.manifest.genes)
    if model.panel is not None:
        require_panel_options(normalise, allow_missing)
        return _predict_panel(model, expression, match, normalise, allow_training_samples)
    require_coverage(match, allow_missing)
    require_convertible(expression.scale, model, normalise)
    suitability = judge_samples(expression, match, model, normalise, allow_missing)
    suitability.require_any()
    recognition = recognise(model, expression, match.column, normalise)
    if not allow_training_samples:
        refuse_training_cohort(recognition)
    rows = suitability.rows
    known = ~np.isnan(known_values(expression.of_samples(rows), match, model, normalise))
    with single_thread():
        Z, notes = standardise(expression.of_samples(rows), match, model, normalise)
        scores = model.learned.evaluate(Z)
        pushes, distances = _explain(model, Z, known, match)
    n_samples = len(expression.samples)
    fence = model.manifest.far_distance
    judged = pd.DataFrame(
        {
            "far": distances > fence,
            "genes": [in_words(of_sample) for of_sample in pushes],
        },
        index=rows,
    ).reindex(range(n_samples))
    table = model.predict(scores.among(rows, n_samples)).assign(
        far=judged["far"].astype("boolean"),
        coverage=suitability.coverage,
        training_patient="unknown" if recognition is None else recognition.column(),
        genes=judged["genes"].fillna(""),
        remark=suitability.marks,
    )
    table.insert(0, "sample", expression.samples)
    warnings = [
        *notes_on_recognition(model, recognition),
        *suitability.warnings(),
        *_warnings(table),
        *_warnings_of(model),
    ]
    notes = [*match.notes(), *expression.notes, *notes, *warnings]
    by_gene = _by_gene([expression.samples[row] for row in rows], pushes)
    return Predictions(table, notes, model, by_gene)


def _explain(
    model: Model, Z: FloatArray, known: NDArray[np.bool_], match: GeneMatch
) -> tuple[list[Pushes], NDArray[np.float64]]:
    """What pushes each sample, and how far it is: some at a time, as shares are large."""
    pushes: list[Pushes] = []
    distances = np.empty(len(Z))
    for start in range(0, len(Z), _EXPLAINED_AT_ONCE):
        rows = slice(start, start + _EXPLAINED_AT_ONCE)
        shares = model.learned.attribute(Z[rows])
        shares *= model.slope
        pushes += find_pushes(shares, model.manifest.genes.names)
        of_known = np.where(known[rows], Z[rows, match.present], np.nan)
        distances[rows] = compute_distances(of_known)
    return pushes, distances


def _predict_panel(
    model: Model,
    expression: Expression,
    match: GeneMatch,
    normalise: Normalisation,
    allow_training_samples: bool,
) -> Predictions:
    """What a panel tells; a sample without some of its genes gets a range."""
    values, notes = read_panel_values(model, expression, match, normalise)
    recognition = recognise(model, expression, match.column, normalise)
    if not allow_training_samples:
        refuse_training_cohort(recognition)
    with single_thread():
        told = tell_of_values(values)
    samples = expression.samples
    require_any(samples, told.columns)
    learned_from = (
        ["unknown"] * len(samples) if recognition is None else recognition.column().tolist()
    )
    named = with_names(told.columns, samples, learned_from)
    table = pd.DataFrame(named).astype(
        {name: kind for name, kind in COLUMN_TYPES.items() if name in named}
    )
    warnings = [
        *notes_on_recognition(model, recognition),
        *warnings_of_panel(samples, told.columns),
        *_warnings(table),
        *_warnings_of(model),
    ]
    notes = [*notes, *expression.notes, *warnings]
    by_gene = _by_gene(samples, told.pushes)
    return Predictions(table, notes, model, by_gene, resampled=told.resampled)


def _by_gene(samples: Sequence[str], pushes: Sequence[Pushes]) -> pd.DataFrame:
    named = [
        (sample, gene, share)
        for sample, of_sample in zip(samples, pushes, strict=True)
        for gene, share in of_sample
    ]
    return pd.DataFrame(named, columns=["sample", "gene", "share"])


def compute_distances(Z: FloatArray) -> NDArray[np.float64]:
    """Root mean square of each sample's standardised values; about 1 in the training data.

    NaN where missing, but not of a whole sample.
    """
    mean_square = np.empty(len(Z))
    for start in range(0, len(Z), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        mean_square[rows] = np.nanmean(Z[rows].astype(np.float64) ** 2, axis=1)
    return np.sqrt(mean_square)


def far_out_fence(distances: NDArray[np.float64]) -> float:
    """Tukey's outer fence of the training distances: beyond it a sample is far out [1]_.

    References
    ----------
    .. [1] Tukey JW (1977). Exploratory data analysis, section 2D.
    """
    lower, upper = np.quantile(distances, [0.25, 0.75])
    return float(upper + 3 * (upper - lower))


def _warnings(table: pd.DataFrame) -> list[str]:
    far = table.loc[table["far"].fillna(False), "sample"]
    if far.empty:
        return []
    return [
        f"{WARNING}{len(far)} of {len(table)} samples are far outside the training data "
        f"({few(far)}): another platform, scale or tissue may be the reason, and their "
        "predictions are not to be relied on."
    ]


def _warnings_of(model: Model) -> list[str]:
    """What the model warns of itself and its training data."""
    warnings = [
        f"{WARNING}of the model: {note.removeprefix(WARNING)}"
        for note in model.manifest.notes
        if is_warning(note)
    ]
    if not model.rises:
        warnings.append(
            f"{WARNING}{model.without_rise}: this model's predictions do not rise with the "
            "risk."
        )
    return warnings


def round_predictions(table: pd.DataFrame) -> pd.DataFrame:
    """The table for reading: six digits after the point; yes, no or blank for truth values."""
    shown = table.round(6)
    for column in table.columns.intersection(["positive", "far"]):
        shown[column] = table[column].map({True: "yes", False: "no"}).astype(object).fillna("")
    return shown
