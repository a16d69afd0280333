"""The genes of a panel, with the coefficients of a linear one as a person reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.trained.entries import Genes
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.model import Model
from deepcme.trained.panels.panel import FloatArray, take_interval

INTERCEPT = "(Intercept)"


def require_panel(model: Model) -> None:
    """Refuse a model that is no panel.

    Raises
    ------
    DeepCMEError
        It names the way to one.
    """
    if model.panel is None:
        raise DeepCMEError(
            f"{model.manifest.model.name} of {model.manifest.cohort.name} takes "
            f"{model.n_genes:,} genes and is no panel: train one with `deepcme train COHORT "
            "--panel 20`."
        )


def is_linear(model: Model) -> bool:
    """Whether it has a coefficient for each gene."""
    return isinstance(model.learned, LearnedCoefficients)


def list_panel_genes(model: Model) -> pd.DataFrame:
    """Each gene of a panel in a row, as it was in training, and its coefficient.

    Parameters
    ----------
    model : Model
        A panel.

    Returns
    -------
    DataFrame
        `role` (``intercept``, ``panel`` or ``reference``), `gene`, `symbol`; of a linear panel
        `coefficient_per_sd` (in the calibrated log-odds, or log hazard, for a standard
        deviation of the gene), `coefficient_per_unit` (for 1 of its value, of logged values a
        doubling), and `odds_ratio` or `hazard_ratio` for a standard deviation with its 95%
        interval over resampled patients, `ci_low, ci_high`; and of the values that are
        standardised `mean, scale` (standard deviation) and training range, `lowest, median,
        highest`. An intercept has no ratio, and a reference gene nothing but its names.

    Raises
    ------
    DeepCMEError
        If the model is no panel.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> panel = deepcme.train(cohort, panel=3, repeats=1, quiet=True)
    >>> from deepcme.trained.panels.coefficients import list_panel_genes
    >>> list_panel_genes(panel.model)["role"].tolist()
    ['intercept', 'panel', 'panel', 'panel']
    """
    require_panel(model)
    assert model.panel is not None and model.manifest.panel is not None
    statistics, ranges = model.statistics, model.panel.ranges
    genes = _names_of(model.manifest.genes, "panel")
    genes = genes.assign(**_coefficients(model)) if is_linear(model) else genes
    genes = genes.assign(
        mean=statistics.mean.astype(np.float64),
        scale=statistics.scale.astype(np.float64),
        lowest=ranges[:, 0],
        median=ranges[:, ranges.shape[1] // 2],
        highest=ranges[:, -1],
    )
    parts = [genes]
    if is_linear(model):
        parts.insert(0, pd.DataFrame([_intercept(model, genes)]))
    if model.manifest.panel.reference is not None:
        parts.append(_names_of(model.manifest.panel.reference, "reference"))
    return pd.concat(parts, ignore_index=True)[genes.columns]


def calibrated_line(model: Model) -> tuple[float, FloatArray]:
    """Intercept and coefficients of the standardised genes in the calibrated score."""
    learned = model.learned
    assert isinstance(learned, LearnedCoefficients)
    constant, slope = model.line
    intercept = constant + slope * float(learned.intercept[0])
    return intercept, slope * learned.coefficients.astype(np.float64)


def _names_of(genes: Genes, role: str) -> pd.DataFrame:
    symbols = genes.others.get("symbol", [""] * len(genes.id))
    return pd.DataFrame({"role": role, "gene": genes.id, "symbol": symbols})


def _coefficients(model: Model) -> dict[str, FloatArray]:
    assert model.panel is not None and model.panel.resampled is not None
    per_sd = calibrated_line(model)[1]
    scale = model.statistics.scale.astype(np.float64)
    low, high = take_interval(np.exp(model.panel.resampled[:, 1:].T))
    return {
        "coefficient_per_sd": per_sd,
        "coefficient_per_unit": np.divide(
            per_sd, scale, out=np.zeros_like(per_sd), where=scale > 0
        ),
        f"{model.ratio}_ratio": np.exp(per_sd),
        "ci_low": low,
        "ci_high": high,
    }


def _intercept(model: Model, genes: pd.DataFrame) -> dict[str, object]:
    """What the sum begins with: of standardised values, and of values as they are."""
    intercept = calibrated_line(model)[0]
    at_means = float((genes["coefficient_per_unit"] * genes["mean"]).sum())
    return {
        "role": "intercept",
        "gene": INTERCEPT,
        "symbol": "",
        "coefficient_per_sd": intercept,
        "coefficient_per_unit": intercept - at_means,
    }
