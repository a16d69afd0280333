"""The model that a study is about, and the one that it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.registry import KINDS

Named = tuple[str, str]
"""Name of a model and its estimator."""


def find_headline(protocol: str, models: Sequence[Named], comparator: str | None) -> str:
    """The model that verdict, comparison, nulls and gene claims are of.

    It is the first committee, `Committee` or of times to an event `Cox-committee`; without
    any, the first network that is fitted on training and validation part alike, which is
    `DeepCME-ensemble` or `DeepCME-Cox-ensemble`. The protocol `paper` is about the
    publication's single network, and so is a study without an ensemble; one without any
    network is about its first model. In a study of times only a model of times can be it, if
    there is one. Without a comparator a study has one model, or is older than comparators,
    when the first model was the headline.
    """
    return models[0][0] if comparator is None else _choose_headline(protocol, models)


def _choose_headline(protocol: str, models: Sequence[Named]) -> str:
    models = _of_times(models) or models
    committees = [named for named in models if KINDS[named[1]].is_committee]
    networks = [named for named in models if KINDS[named[1]].is_network]
    refitted = [named for named in networks if KINDS[named[1]].refitted]
    honest = committees or refitted
    candidates = (honest if protocol == "honest" else []) or networks or models
    return candidates[0][0]


def _of_times(models: Sequence[Named]) -> list[Named]:
    """Those that predict a time to an event, which a study of labels has not."""
    return [named for named in models if SurvivalOutcome.kind in KINDS[named[1]].outcomes]


def choose_comparator(protocol: str, models: Sequence[Named]) -> str | None:
    """The comparator of a study that names none, known before anything is fitted.

    It is the first baseline that is fitted on training and validation part alike, which is
    `LR-tuned`; without it the first baseline of the study, without any the
    first other model; None where there is no other. A committee or network of times to an
    event is compared with the first Cox model, which is `Cox-ridge`, and a Cox model with the
    first network that is fitted so.
    """
    headline = _choose_headline(protocol, models)
    others = [named for named in models if named[0] != headline]
    networks = [named for named in others if KINDS[named[1]].is_network]
    baselines = [named for named in others if KINDS[named[1]].is_baseline]
    estimator = dict(models)[headline]
    if headline in dict(_of_times(models)):
        baselines = networks if KINDS[estimator].is_baseline else _of_times(baselines)
    refitted = [named for named in baselines if KINDS[named[1]].refitted]
    candidates = refitted or baselines or others
    return candidates[0][0] if candidates else None


def find_baselines(models: Sequence[Named], headline: str, comparator: str | None) -> list[str]:
    """What the headline is compared with: the comparator first, then every baseline.

    To a model of times to an event, every other model is one.
    """
    is_of_times = headline in dict(_of_times(models))
    baselines = [
        name for name, estimator in models if is_of_times or KINDS[estimator].is_baseline
    ]
    names = baselines if comparator is None else [comparator, *baselines]
    return [name for name in dict.fromkeys(names) if name != headline]
