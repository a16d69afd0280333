"""Published signatures that come with the package, as facts in `published/*.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from deepcme.base.errors import DeepCMEError
from deepcme.models.signatures.signature import (
    Signature,
    SignatureGene,
    Source,
    TrainedOn,
)

__all__ = ["load_signature", "load_signatures"]

_ANNOTATION = "symbol_from"
"""Says of a gene that its symbol is not the source's but the array's annotation."""


@cache
def load_signatures() -> tuple[Signature, ...]:
    """Every published signature, in the order of their names.

    Examples
    --------
    >>> from deepcme.models.signatures.published import load_signatures
    >>> [signature.name for signature in load_signatures()][:3]
    ['eight-gene-ep', 'genomic-grade-index', 'proliferation']
    """
    folder = files("deepcme.models.signatures") / "published"
    facts = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    read = [_read(tomllib.loads(file.read_text(encoding="utf-8"))) for file in facts]
    return tuple(sorted(read, key=lambda signature: signature.name))


def signature_names() -> tuple[str, ...]:
    """Names of the published signatures."""
    return tuple(signature.name for signature in load_signatures())


def find_published(name: str) -> Signature | None:
    """The published signature of a name, or of another one that it is known by.

    Capitals and what stands between words make no difference.
    """
    wanted = _spelled(name)
    for signature in load_signatures():
        if wanted in map(_spelled, (signature.name, *signature.other_names)):
            return signature
    return None


def load_signature(name: str) -> Signature:
    """A published signature by its name, or by another one that it is known by.

    Parameters
    ----------
    name : str
        Such as ``genomic-grade-index`` or ``ggi``.

    Raises
    ------
    DeepCMEError
        If there is none, with the names of those that there are.

    Examples
    --------
    >>> from deepcme import load_signature
    >>> signature = load_signature("ggi")
    >>> signature.name, len(signature.genes)
    ('genomic-grade-index', 128)
    """
    if (found := find_published(name)) is None:
        names = ", ".join(signature_names())
        raise DeepCMEError(f"There is no published signature {name!r}: choose one of {names}.")
    return found


def _spelled(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _read(facts: dict[str, Any]) -> Signature:
    """A signature from its TOML file."""
    genes, references = facts.pop("genes"), facts.pop("references", [])
    trained_on, source = facts.pop("trained_on"), facts.pop("source")
    constants = tuple(facts.pop("constants", {}).items())
    return Signature(
        genes=tuple(map(_gene, genes)),
        references=tuple(map(_gene, references)),
        trained_on=TrainedOn(**_as_tuples(trained_on)),
        source=Source(**source),
        constants=constants,
        is_published=True,
        **_as_tuples(facts),
    )


def _gene(facts: dict[str, Any]) -> SignatureGene:
    return SignatureGene(
        **_as_tuples({key: value for key, value in facts.items() if key != _ANNOTATION})
    )


def _as_tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in facts.items()}
