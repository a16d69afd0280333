"""Names that a shell completes: of models and of published signatures."""

from __future__ import annotations

from collections.abc import Iterable


def complete_models(incomplete: str) -> list[str]:
    """Models, after those that a list of them names already."""
    from deepcme.models.registry import KINDS

    return _in_a_list(KINDS, incomplete)


def complete_kept_models(incomplete: str) -> list[str]:
    """Models that can be kept to predict others with."""
    from deepcme.models.registry import KINDS

    kept = [kind.name for kind in KINDS.values() if kind.can_be_kept({})]
    return _beginning_with(incomplete, kept)


def complete_signatures(incomplete: str) -> list[str]:
    """Published signatures that come with the package."""
    from deepcme.models.signatures.published import signature_names

    return _beginning_with(incomplete, signature_names())


def complete_topics(incomplete: str) -> list[str]:
    """Names of the texts that explain, in capital or small letters."""
    from deepcme.explained.topics import list_topics

    begun = incomplete.lower()
    return [t.name for t in list_topics() if t.name.lower().startswith(begun)]


def _in_a_list(names: Iterable[str], incomplete: str) -> list[str]:
    listed, comma, last = incomplete.rpartition(",")
    taken = listed.split(",")
    left = [name for name in names if name not in taken]
    return [f"{listed}{comma}{name}" for name in _beginning_with(last, left)]


def _beginning_with(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
