"""How a model to hand on is trained: which one, and how often its patients are divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import (
    Rule,
    at_least,
    check_parameters,
    is_number,
    is_whole,
    or_none,
)
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.checking import check_parameters_of
from deepcme.models.registry import DEFAULT_MODELS, ENSEMBLE, KINDS, ModelKind
from deepcme.selection.panels.kinds import PANELS, panel_of

_LEARNED = {"binary": "yes or no", "survival": "times to an event"}
_OTHERWISE = {
    "binary": "--time COLUMN --event RULE",
    "survival": "--horizon T --drop-censored",
}

_PARAMETERS = (Rule(lambda value: isinstance(value, dict), "must be a dict"),)
_ABOVE_0 = (Rule(lambda value: is_number(value) and value > 0, "must be above 0"),)
_VERSION = (
    Rule(
        lambda value: (
            isinstance(value, str) and 0 < len(value.strip()) <= 40 and value.isprintable()
        ),
        "must be a text of 1 to 40 characters",
    ),
)
_NAMES = (
    Rule(
        lambda names: (
            isinstance(names, tuple | list)
            and len(names) > 0
            and all(isinstance(name, str) and name.strip() for name in names)
        ),
        "must list names of genes",
    ),
)
_RULES = {
    "repeats": or_none(at_least(1)),
    "seed": at_least(0),
    "jobs": at_least(1),
    "horizon": or_none(_ABOVE_0),
    "parameters": _PARAMETERS,
    "ensemble": _PARAMETERS,
    "panel": or_none(
        (
            Rule(lambda size: is_whole(size) or size == "auto", 'must be a number, or "auto"'),
            Rule(lambda size: size == "auto" or size >= 1, 'must be at least 1, or "auto"'),
        )
    ),
    "genes": or_none(_NAMES),
    "reference_genes": or_none(_NAMES),
    "version": _VERSION,
}


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Parameters
    ----------
    repeats : int, optional
        How often the patients are divided into folds; by default twice, or four times
        where they are few, as in a study.
    seed : int
        Root of all randomness.
    jobs : int
        Processes to use; the model does not depend on it.
    ensemble : dict
        Further `parameters` of ``DeepCME-ensemble``.
    model : str, optional
        As a study names it; one that can be kept without its samples and a pickle. As
        default that of `DEFAULT_MODELS` for the cohort's outcome.
    parameters : dict
        Those of the model that differ from its defaults; where none is named, of the ensemble.
    horizon : float, optional
        By which a model of times tells the risk, in the cohort's unit; as default the
        cohort's.
    panel : int or "auto", optional
        Train a panel of so many genes in place of a model of all genes; "auto" chooses how
        many by the rule of one standard error.
    ranker : str, optional
        That orders the genes of a panel; by default the test of each gene alone, Welch's t
        or Cox's score test.
    genes : sequence of str, optional
        The candidates, by id, symbol or Entrez id; the model sees no other gene. Without
        `panel` and `model` it is a panel of all of them.
    reference_genes : sequence of str, optional
        Of a panel: genes whose mean logged value is taken off those of each sample; they are
        no candidates.
    version : str
        Of the model, as its manifest and its card have it.

    Raises
    ------
    DeepCMEError
        If a value is out of range, a parameter does not exist, or there is no such model or
        it cannot be kept.

    Examples
    --------
    >>> from deepcme.trained.training import TrainingSettings
    >>> TrainingSettings(model="LR-tuned").model
    'LR-tuned'
    """

    repeats: int | None = None
    seed: int = 1
    jobs: int = 1
    ensemble: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    horizon: float | None = None
    version: str = "1"
    panel: int | Literal["auto"] | None = None
    ranker: str | None = None
    genes: Sequence[str] | None = None
    reference_genes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)
        if self.is_panel:
            self._check_panel()
            return
        for name in ("ranker", "reference_genes"):
            if getattr(self, name) is not None:
                raise DeepCMEError(
                    f"{name.replace('_', ' ')} is for a panel of genes: say of how many with "
                    "panel (--panel), or leave it out."
                )
        if self.model is None and (self.ensemble or self.parameters):
            object.__setattr__(self, "model", ENSEMBLE)
        if self.model is None:
            return
        if self.ensemble and self.model != ENSEMBLE:
            raise DeepCMEError(
                f"ensemble is for parameters of {ENSEMBLE}: give those of {self.model} as "
                "parameters."
            )
        object.__setattr__(self, "parameters", {**self.ensemble, **self.parameters})
        _check_kept(self.model, self.parameters)
        check_parameters_of(self.kind, self.parameters)

    def _check_panel(self) -> None:
        """Refuse what a panel does not take; once its model is known, set its parameters."""
        if self.model is None:
            if self.ensemble or self.parameters:
                raise DeepCMEError(
                    "A panel takes no parameters but its size and its ranker: leave them out."
                )
            return
        if self.model not in PANELS:
            raise DeepCMEError(
                f"A panel is a model of its own: leave out {self.model}, or the panel."
            )
        if self.panel is None and self.genes is None:
            raise DeepCMEError(
                f"{self.model} is made by naming its size with panel (--panel), or its genes "
                "with genes (--genes)."
            )
        size = "all" if self.panel is None else self.panel
        parameters: dict[str, Any] = {"size": size}
        if self.ranker is not None:
            parameters["ranker"] = self.ranker
        object.__setattr__(self, "parameters", parameters)
        check_parameters_of(self.kind, parameters)

    @property
    def is_panel(self) -> bool:
        """Whether it is a panel of a few genes, or of those that are named."""
        named_alone = self.genes is not None and self.model is None
        return self.panel is not None or named_alone or self.model in PANELS

    @property
    def name(self) -> str:
        """Of the model, once it is known."""
        assert self.model is not None
        return self.model

    @property
    def kind(self) -> ModelKind:
        """What the model can do."""
        return PANELS.get(self.name) or KINDS[self.name]

    def for_cohort(self, cohort: Cohort) -> TrainingSettings:
        """The settings with the default model of the cohort's outcome, and its horizon.

        Raises
        ------
        DeepCMEError
            If the model learns another outcome, or a model of times has no horizon.
        """
        outcome = cohort.outcome
        default = panel_of(outcome.kind).name if self.is_panel else DEFAULT_MODELS[outcome.kind]
        settings = replace(self, model=self.model or default)
        learned = settings.kind.outcomes
        if outcome.kind not in learned:
            choice = ", ".join(_kept(outcome.kind))
            raise DeepCMEError(
                f"{cohort.name}: {settings.model} learns {_LEARNED[learned[0]]}, and the "
                f"cohort has {_LEARNED[outcome.kind]}: choose from {choice}, or make the "
                f"cohort anew by `deepcme prepare ... {_OTHERWISE[outcome.kind]}`."
            )
        if not isinstance(outcome, SurvivalOutcome):
            if self.horizon is not None:
                raise DeepCMEError(
                    f"{cohort.name}: the cohort has no times, of which a horizon would be: "
                    "leave it out."
                )
            return settings
        horizon = self.horizon or outcome.endpoint.horizon
        if horizon is None:
            raise DeepCMEError(
                f"{cohort.name}: the cohort has no horizon, by which a model of times tells "
                "the risk: name one with --horizon, in the cohort's unit."
            )
        return replace(settings, horizon=horizon)


def _kept(outcome: str | None = None) -> list[str]:
    """Names of the models that can be kept, of one kind of outcome or of any."""
    return [
        kind.name if kind.can_be_kept({}) else f"{kind.name} with {_given(kind)} in Python"
        for kind in KINDS.values()
        if kind.saved_as is not None and (outcome is None or outcome in kind.outcomes)
    ]


def _given(kind: ModelKind) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in kind.saved_with.items())


def _check_kept(model: str, parameters: dict[str, Any]) -> None:
    """Refuse a model that does not exist, or cannot be kept without samples or a pickle."""
    choice = f"choose from {', '.join(_kept())}."
    if model not in KINDS:
        raise DeepCMEError(f"There is no model {model!r}: {choice}")
    kind = KINDS[model]
    if not kind.can_be_kept(parameters):
        raise DeepCMEError(
            f"{model} cannot be kept to predict others, as {kind.unsaved_because}: {choice}"
        )
    if kind.saved_as == "committee":
        _check_members(model, parameters.get("members", ()))


def _check_members(model: str, members: Any) -> None:
    """Refuse members that cannot be kept; whether there are such models is asked elsewhere."""
    for name in members if isinstance(members, list | tuple) else ():
        kind = KINDS.get(name)
        if kind is not None and not kind.can_be_kept({}):
            raise DeepCMEError(
                f"{model} with {name} cannot be kept to predict others, as "
                f"{kind.unsaved_because}: leave it out of members."
            )
