"""Simulated cohorts of times to an event: FPKM, follow-up and a known hazard.

The log hazard of a patient is linear in the true genes::

    log_hazard = sum over true genes of effect[g] * z[g]

where z is the standard normal expression of the patient's first sample, before batches and
counting (`deepcme.simulation.expression`). The cumulative hazard up to time t is
``H * (t / horizon) ** shape * exp(log_hazard)``: hazards are proportional, and the baseline is
Weibull's, exponential where the shape is 1.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.base.time_scale import TimeScale
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import DAYS, SurvivalOutcome
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards, require_loss
from deepcme.simulation.expression import (
    ExpressionDesign,
    FloatArray,
    draw_genes,
    draw_patients,
    draw_tumours,
    each_module,
    measure_expression,
    numbered,
    seed_module,
    shuffle_samples,
)

__all__ = ["FollowUpDesign", "SurvivalDesign", "draw_follow_up", "simulate_survival_cohort"]

TRUTH = "true_log_hazard"
"""The column of samples that has the log hazard of their patient."""
_MOST_SPREAD = 10.0  # a standard deviation of log hazards that no gene expression has
_SPELLS = np.linspace(0, 1, 101) ** 3  # ends, as shares of the horizon; the first are short


@dataclass(frozen=True)
class FollowUpDesign:
    """How events come, and how long patients are followed.

    Parameters
    ----------
    unit : {"days", "months", "years"}
    horizon : float
        The time that the study asks about, in that unit.
    risk : float
        Share of patients who have the event by the horizon, whether it is seen or not.
    censored : float
        Share of patients lost before the horizon without an event. Loss is at random, at the
        same rate at all times.
    longest : float or None
        Who is not lost is followed to a time drawn evenly between the horizon and this one, as
        patients who enter a study evenly are; twice the horizon, unless told otherwise.
    shape : float
        Of the Weibull baseline, 0.1 to 10: 1 has a constant hazard, more one that rises.

    Raises
    ------
    DeepCMEError
        If the numbers are impossible.

    Examples
    --------
    >>> from deepcme.simulation.survival import FollowUpDesign
    >>> FollowUpDesign(unit="years", horizon=5, risk=0.25, censored=0.2).horizon
    5
    """

    unit: str = "years"
    horizon: float = 5.0
    risk: float = 0.25
    censored: float = 0.2
    longest: float | None = None
    shape: float = 1.0

    def __post_init__(self) -> None:
        if self.unit not in DAYS:
            raise DeepCMEError(f"The unit must be days, months or years, not {self.unit!r}.")
        if not 0 < self.horizon < math.inf:
            raise DeepCMEError(f"The horizon must be greater than 0, not {self.horizon:g}.")
        if not 0.1 <= self.shape <= 10:
            raise DeepCMEError(f"The shape must be 0.1 to 10, not {self.shape:g}.")
        if not 0 < self.risk < 1:
            raise DeepCMEError(
                f"The risk by the horizon must lie between 0 and 1, not be {self.risk:g}."
            )
        require_loss(self.censored)
        if not self.horizon < self.end < math.inf:
            raise DeepCMEError(
                f"The longest follow-up must be beyond the horizon of {self.horizon:g}, "
                f"not {self.end:g}."
            )

    @property
    def end(self) -> float:
        """The longest follow-up."""
        return 2 * self.horizon if self.longest is None else self.longest


@dataclass(frozen=True)
class SurvivalDesign(ExpressionDesign):
    """The numbers of a simulated cohort of times; the defaults have the size of `CohortDesign`.

    Parameters
    ----------
    samples, genes : int
    signal_genes : int
        Genes that the log hazard depends on; never rare ones.
    effect : float
        Log hazard ratio of each of them for one standard deviation of its log2 expression, up
        or down at random, the other true genes being equal.
    rare_genes, module_size, module_correlation, batches, repeated_samples, normal_tissue
        As in `CohortDesign`. The first sample of a patient, which tells the hazard, is never
        normal tissue.
    follow_up : FollowUpDesign

    Raises
    ------
    DeepCMEError
        If the numbers are impossible.

    Examples
    --------
    >>> from deepcme.simulation.survival import FollowUpDesign, SurvivalDesign
    >>> SurvivalDesign(samples=300, follow_up=FollowUpDesign(risk=0.4)).follow_up.risk
    0.4
    """

    samples: int = 1193
    genes: int = 56602
    signal_genes: int = 50
    effect: float = 0.15
    rare_genes: float = 0.25
    module_size: int = 50
    module_correlation: float = 0.4
    batches: int = 4
    repeated_samples: float = 0.1
    normal_tissue: float = 0.0
    follow_up: FollowUpDesign = field(default_factory=FollowUpDesign)

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise DeepCMEError(
                f"A cohort of times takes 2 samples or more, not {self.samples}."
            )
        self.require_possible()


def simulate_survival_cohort(
    design: SurvivalDesign, seed: int = 1, *, quiet: bool = True
) -> Cohort:
    """Draw a cohort of times; the same design and seed give the same bytes.

    Parameters
    ----------
    design : SurvivalDesign
    seed : int
    quiet : bool
        Show no progress.

    Returns
    -------
    Cohort
        With a `SurvivalOutcome`, its unit and horizon, and scale ``fpkm``. The truth is in
        `adata.var` as `simulate_cohort` writes it, ``effect`` being a log hazard ratio, and
        in the column ``true_log_hazard`` of `obs`. The provenance has design, seed and
        signal genes too, and under ``truth`` the standard deviation of the log hazards of all
        such patients, and the C up to the horizon of who knows them.

    Examples
    --------
    >>> from deepcme.simulation.survival import SurvivalDesign, simulate_survival_cohort
    >>> design = SurvivalDesign(samples=60, genes=40, signal_genes=5, module_size=5)
    >>> simulate_survival_cohort(design, seed=1).to_frame().shape
    (60, 40)
    """
    samples = _draw_samples(design, seed)
    genes = draw_genes(design, seed)
    truth = _find_truth(design, genes)
    first = np.flatnonzero(~samples["repeated"])
    first = first[np.argsort(samples["patient"].to_numpy()[first])]
    X = np.empty((design.samples, design.genes), dtype=np.float32)
    log_hazard = np.zeros(len(first))
    for columns, of_module in each_module(design, genes, quiet=quiet):
        random = seed_module(of_module, seed)
        z = draw_tumours(samples, of_module, design.module_correlation, random)
        log_hazard += z[first] @ of_module["effect"].to_numpy()
        X[:, columns] = measure_expression(z, samples, of_module, random)
    random = np.random.default_rng(seed_for(seed, "simulated cohort", "follow-up"))
    patient = samples["patient"].to_numpy()
    follow_up = draw_follow_up(log_hazard, design.follow_up, random).rows(patient)
    endpoint = _describe_endpoint(design.follow_up)
    return Cohort.from_arrays(
        X,
        SurvivalOutcome(follow_up.times, follow_up.events, endpoint),
        samples=numbered("S", np.arange(design.samples)),
        patients=numbered("P", patient),
        tissue=np.where(samples["normal"], "normal", "primary").tolist(),
        batch=numbered("B", samples["batch"].to_numpy()),
        clinical=samples[["library_size"]].assign(**{TRUTH: log_hazard[patient]}),
        genes=genes.index.tolist(),
        gene_annotation=genes[["module", "signal", "effect", "rare"]],
        endpoint=endpoint,
        scale="fpkm",
        name="simulated",
        provenance=_provenance(design, seed, genes, truth),
    )


def draw_follow_up(
    log_hazard: FloatArray, design: FollowUpDesign, random: np.random.Generator
) -> FollowUp:
    """Times and ends of patients of such log hazards, 1 the event and 0 censored.

    Parameters
    ----------
    log_hazard : array
        One a patient. Their mean has no say: the baseline is chosen so that the mean risk
        of these patients by the horizon is that of the design.
    design : FollowUpDesign
    random : numpy.random.Generator

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.simulation.survival import FollowUpDesign, draw_follow_up
    >>> random = np.random.default_rng(1)
    >>> follow_up = draw_follow_up(random.normal(size=300), FollowUpDesign(risk=0.3), random)
    >>> follow_up.n
    300
    """
    log_hazard = np.asarray(log_hazard, dtype=np.float64)
    hazard = np.exp(log_hazard - log_hazard.max())
    baseline = math.exp(
        brentq(lambda log: -np.expm1(-math.exp(log) * hazard).mean() - design.risk, -40, 400)
    )
    need = random.exponential(size=len(hazard)) / (baseline * hazard)
    event = design.horizon * need ** (1 / design.shape)
    midway = (_SPELLS[1:] + _SPELLS[:-1]) / 2
    surviving = np.exp(-baseline * np.outer(midway**design.shape, hazard)).mean(axis=1)
    lost = random.exponential(size=len(hazard))
    lost *= design.horizon / max(_find_rate_of_loss(surviving, design.censored), 1e-300)
    end = np.minimum(lost, random.uniform(design.horizon, design.end, len(hazard)))
    return FollowUp(np.minimum(event, end), (event <= end).astype(np.int8))


def _find_rate_of_loss(surviving: FloatArray, share: float) -> float:
    """Rate, up to the horizon, at which so many are lost by it who have not had the event."""
    if share == 0:
        return 0.0

    def excess(log_rate: float) -> float:
        followed = np.exp(-math.exp(log_rate) * _SPELLS)
        return float(-np.diff(followed) @ surviving - share)

    if excess(40) < 0:
        raise DeepCMEError(
            f"A share of {share:g} cannot be lost before the horizon where so many have the "
            "event so early: ask for less of either."
        )
    return math.exp(brentq(excess, -40, 40))


def _draw_samples(design: SurvivalDesign, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed_for(seed, "simulated cohort", "samples"))
    patient, n_patients = draw_patients(design.samples, design, random)
    return shuffle_samples(patient, np.arange(design.samples) >= n_patients, design, random)


def _describe_endpoint(design: FollowUpDesign) -> Endpoint:
    return Endpoint("Simulated time to an event.", unit=design.unit, horizon=design.horizon)


def _provenance(
    design: SurvivalDesign, seed: int, genes: pd.DataFrame, truth: NormalLogHazards
) -> dict[str, object]:
    effects = genes.loc[genes["signal"], "effect"]
    of_times = design.follow_up
    until = TimeScale.of(of_times.unit, of_times.end).describe(of_times.horizon)
    return {
        "source": "simulation",
        "seed": seed,
        "design": asdict(design),
        "signal_genes": {str(gene): float(effect) for gene, effect in effects.items()},
        "truth": {"sd_log_hazard": truth.sd, "concordance": truth.concordance},
        "notes": [
            f"Simulated with seed {seed}: {design.signal_genes} signal genes with a log hazard "
            f"ratio of {design.effect:g} for a standard deviation, {design.n_rare_genes} rare "
            f"genes, modules of {design.module_size}, {design.batches} batches.",
            f"By {until}, {of_times.risk:.1%} have the event and {of_times.censored:.1%} are "
            f"lost before it, as expected; a score that knew the true log hazards, whose "
            f"standard deviation is {truth.sd:.2f}, would have a C of {truth.concordance:.3f}.",
        ],
    }


def _find_truth(design: SurvivalDesign, genes: pd.DataFrame) -> NormalLogHazards:
    """All such patients: as their genes are normal, so are their log hazards."""
    effect, correlation = genes["effect"], design.module_correlation
    of_modules = effect.groupby(genes["module"]).sum()
    variance = (1 - correlation) * (effect**2).sum() + correlation * (of_modules**2).sum()
    if variance > _MOST_SPREAD**2:
        raise DeepCMEError(
            f"An effect of {design.effect:g} in {design.signal_genes} genes gives log hazards "
            f"a standard deviation of {math.sqrt(variance):.3g}, more than {_MOST_SPREAD:g}: "
            "choose a smaller effect."
        )
    return NormalLogHazards(math.sqrt(variance), design.follow_up.risk)
