"""The model that a study is about, and the one that it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.models.registry import KINDS

Named = tuple[str, str]
"""Name of a model and its estimator."""


def find_headline(protocol: str, models: Sequence[Named], comparator: str | None) -> str:
    """The model that verdict, comparison, nulls and gene claims are of.

    It is the model that `deepcme train` hands on: the first network that is fitted on
    training and validation part alike, which is `DeepCME-ensemble`. The
    protocol `paper` is about the publication's single network, and so is a study
    without an ensemble; one without any network is about its first model. Without a
    comparator a study has one model, or is older than comparators, when the first
    model was the headline.
    """
    return models[0][0] if comparator is None else _choose_headline(protocol, models)


def _choose_headline(protocol: str, models: Sequence[Named]) -> str:
    networks = [named for named in models if KINDS[named[1]].is_network]
    refitted = [named for named in networks if KINDS[named[1]].refitted]
    candidates = (refitted if protocol == "honest" else []) or networks or models
    return candidates[0][0]


def choose_comparator(protocol: str, models: Sequence[Named]) -> str | None:
    """The comparator of a study that names none, known before anything is fitted.

    It is the first baseline that is fitted on training and validation part alike, which is
    `LR-tuned`; without it the first baseline of the study, without any the
    first other model; None where there is no other.
    """
    headline = _choose_headline(protocol, models)
    others = [named for named in models if named[0] != headline]
    baselines = [named for named in others if not KINDS[named[1]].is_network]
    refitted = [named for named in baselines if KINDS[named[1]].refitted]
    candidates = refitted or baselines or others
    return candidates[0][0] if candidates else None


def find_baselines(models: Sequence[Named], headline: str, comparator: str | None) -> list[str]:
    """What the headline is compared with: the comparator first, then every baseline."""
    baselines = [name for name, estimator in models if not KINDS[estimator].is_network]
    names = baselines if comparator is None else [comparator, *baselines]
    return [name for name in dict.fromkeys(names) if name != headline]
