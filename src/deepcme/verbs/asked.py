"""What is asked of a study beside its cohort, as settings that replace those of its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from deepcme.study.resolved import Protocol
from deepcme.study.settings import NO_SIGNATURE, signature_name

Names = str | Sequence[str]
Files = str | Path | Sequence[str | Path]
Design = Literal["folds", "repeated", "nested", "leave-one-cohort-out"]
GridSearch = Literal["none", "fig7", "full"]
ClinicalMissing = Literal["fill", "indicator"]


def settings_asked(
    *,
    protocol: Protocol | None = None,
    seed: int | None = None,
    models: Names | None = None,
    grid: GridSearch | None = None,
    permutations: int | None = None,
    nulls: int | None = None,
    signature: Files | None = None,
    comparator_signature: str | Path | None = None,
    instability: int | None = None,
    clinical: Names | None = None,
    clinical_missing: ClinicalMissing | None = None,
    clinical_permutations: int | None = None,
    subgroups: Names | None = None,
    also: Files | None = None,
    design: Design | None = None,
    repeats: int | None = None,
    selection: bool = False,
    gene_sets: Files | None = None,
) -> dict[str, Any]:
    """Settings by section, as `load_study` takes overrides; what was not asked is not there.

    The words are those of `deepcme run`, whose help says what each is.
    """
    sections: dict[str, dict[str, Any]] = {
        "grid": {"search": grid},
        "nulls": {
            "permutations": permutations,
            "gene_sets": nulls,
            "signatures": _files(signature),
        },
        "comparator": _of_comparator(comparator_signature),
        "instability": {"refits": instability},
        "clinical": {
            "columns": _names(clinical),
            "missing": clinical_missing,
            "permutations": clinical_permutations,
        },
        "subgroups": {"columns": _names(subgroups)},
        "also": {"cohorts": _files(also)},
        "split": {"design": design, "repeats": repeats},
        "selection": {"run": selection or None},
        "gene_sets": {"files": _files(gene_sets)},
    }
    alone = {"protocol": protocol, "seed": seed, "models": _names(models)}
    given = {name: _given(section) for name, section in sections.items()}
    return _given(alone) | {name: section for name, section in given.items() if section}


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, without what was not."""
    return {name: value for name, value in asked.items() if value is not None}


def _names(names: Names | None) -> list[str] | None:
    if names is None:
        return None
    return ([names] if isinstance(names, str) else [str(name) for name in names]) or None


def _files(files: Files | None) -> list[Path] | None:
    if files is None:
        return None
    listed: Iterable[str | Path] = [files] if isinstance(files, str | Path) else files
    return [Path(file).absolute() for file in listed] or None


def _of_comparator(signature: str | Path | None) -> dict[str, Any]:
    """Settings of the signature named beforehand, by its name or its file, or of none."""
    if signature is None:
        return {}
    if signature == NO_SIGNATURE:
        return {"signature": NO_SIGNATURE, "signatures": NO_SIGNATURE}
    path = Path(signature)
    if path.suffix or len(path.parts) > 1:
        return {"signature": signature_name(path), "files": [path.absolute()]}
    return {"signature": str(signature)}
