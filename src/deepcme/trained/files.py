"""A model as files: ``manifest.json`` beside ``model.safetensors`` and ``expected.json``.

Nothing is pickled.

Safetensors is a header of names, shapes and types before plain numbers;
reading it runs no code of the file's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from mmap import mmap
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import whole_folder
from deepcme.base.files.inputs import require_file
from deepcme.base.files.mapped import map_file, mapped_arrays
from deepcme.base.files.writable import require_new_folder
from deepcme.base.names import require_text, texts_in
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.trained.binary.manifest import BinaryManifest
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.expected.expected import Expected
from deepcme.trained.learned.arrays import Arrays, UnfitArraysError, require_numbers
from deepcme.trained.learned.learned import Learned, learned_from_arrays
from deepcme.trained.manifest import FORMAT, SCHEMA_VERSION, Manifest, digest_of
from deepcme.trained.model import GeneStatistics, Model
from deepcme.trained.panels.panel import PREFIX, Panel
from deepcme.trained.sketches import Sketches
from deepcme.trained.survival.manifest import SurvivalManifest
from deepcme.trained.survival.model import SurvivalModel, take_baseline

__all__ = ["load_model", "save_model"]

MANIFEST_FILE = "manifest.json"
ARRAYS_FILE = "model.safetensors"
EXPECTED_FILE = "expected.json"
_STATISTICS = ("median", "mean", "scale")

_READERS: dict[int, Callable[[dict[str, Any]], BinaryManifest | SurvivalManifest]] = {
    1: BinaryManifest.of_ensemble,  # lacks what has a default since
    2: BinaryManifest.of_ensemble,
    3: BinaryManifest.of_older,
    4: SurvivalManifest.of_older,
    5: BinaryManifest.of_older,
    6: SurvivalManifest.of_older,
    7: BinaryManifest.model_validate,
    8: SurvivalManifest.model_validate,
}
"""How the manifest of each schema version becomes one of this version."""


def save_model(model: Model, folder: str | Path) -> None:
    """Write a model to a new folder, whole or not at all.

    Raises
    ------
    DeepCMEError
        If there is something of that name already, or it cannot be written there.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> from deepcme.trained.files import load_model, save_model
    >>> save_model(deepcme.train(cohort, model="LR", repeats=1, quiet=True).model, "model")
    >>> load_model("model").manifest.cohort.samples
    90
    """
    folder = Path(folder)
    require_new_folder(folder)
    files = {ARRAYS_FILE: save(_arrays_of(model))}
    if model.expected is not None:
        files[EXPECTED_FILE] = model.expected.to_json().encode()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files[MANIFEST_FILE] = model.manifest.to_json(digests).encode()
    with whole_folder(folder) as written:
        for name, content in files.items():
            (written / name).write_bytes(content)


def load_model(folder: str | Path, *, mapped: bool = False) -> Model:
    """Read a model that `save_model` wrote, of this schema version or an older one.

    Parameters
    ----------
    folder : path
    mapped : bool
        Whether its arrays stay in their file and are mapped into memory, where processes share
        them. The file must not change as long as the model is used.

    Raises
    ------
    DeepCMEError
        One sentence if the folder holds no model, a file is damaged,
        truncated or foreign, or a newer deepcme wrote it.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).model
    >>> from deepcme.trained.files import load_model, save_model
    >>> save_model(model, "model")
    >>> load_model("model").n_genes
    22
    """
    folder = Path(folder)
    path = folder / MANIFEST_FILE
    manifest, files, digest = _read_manifest(path)
    arrays = _read_arrays(folder / ARRAYS_FILE, files, mapped)
    expected = _read_expected(folder / EXPECTED_FILE, files)
    try:
        return replace(_assemble(manifest, arrays, digest), expected=expected)
    except UnfitArraysError as error:
        raise DeepCMEError(f"{folder / ARRAYS_FILE}: {error}") from error


def read_digests(folder: str | Path) -> tuple[str, dict[str, str]]:
    """SHA-256 of a model's manifest, and of each file beside it, as the manifest has them.

    Raises
    ------
    DeepCMEError
        As `load_model`.
    """
    _, files, digest = _read_manifest(Path(folder) / MANIFEST_FILE)
    return digest, files


def _read_bytes(path: Path) -> bytes:
    try:
        require_file(path)
        return path.read_bytes()
    except (OSError, DeepCMEError) as error:
        _refuse_absent(path, error)


def _refuse_absent(path: Path, error: Exception) -> NoReturn:
    raise DeepCMEError(
        f"{path.parent}: this is not a deepcme model, as {path.name} cannot be read in it; "
        "name the folder that `deepcme train` wrote."
    ) from error


def _read_manifest(
    path: Path,
) -> tuple[BinaryManifest | SurvivalManifest, dict[str, str], str]:
    """The manifest, the SHA-256 of each file, and its own."""
    text = _read_bytes(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse_damaged(path, error)
    for words in texts_in(content):
        require_text(words, f"{path}: the text")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DeepCMEError(f"{path}: this is not the manifest of a deepcme model.")
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DeepCMEError(
            f"{path}: a newer deepcme wrote this model (schema {version}, known are up to "
            f"{SCHEMA_VERSION}); update deepcme with: pip install -U deepcme."
        )
    reader = _READERS.get(version) if isinstance(version, int) else None
    digest, files = content.pop("digest", None), content.get("files")
    if reader is None or not _is_intact(content, digest) or not isinstance(files, dict):
        _refuse_damaged(path)
    del content["files"]
    try:
        return reader(content), files, str(digest)
    except (ValidationError, RecursionError) as error:
        _refuse_damaged(path, error)


def _is_intact(content: dict[str, Any], digest: object) -> bool:
    try:
        return digest == digest_of(content)
    except (ValueError, RecursionError):
        return False


def _require_listed(path: Path, content: bytes | mmap, files: dict[str, str]) -> None:
    """Refuse a file whose SHA-256 is not that of the manifest."""
    if hashlib.sha256(content).hexdigest() != files.get(path.name):
        _refuse_damaged(path)


def _read_expected(path: Path, files: dict[str, str]) -> Expected | None:
    """What to expect in detail; models of older versions have none."""
    if path.name not in files:
        return None
    content = _read_bytes(path)
    _require_listed(path, content, files)
    try:
        return Expected.from_json(content)
    except ValidationError as error:
        _refuse_damaged(path, error)


def _read_arrays(path: Path, files: dict[str, str], mapped: bool) -> Arrays:
    packed = _map(path) if mapped else _read_bytes(path)
    _require_listed(path, packed, files)
    try:
        return load(packed) if isinstance(packed, bytes) else mapped_arrays(path, packed)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        _refuse_damaged(path, error)


def _map(path: Path) -> mmap:
    try:
        require_file(path)
        return map_file(path)
    except (OSError, ValueError) as error:
        _refuse_absent(path, error)


def _refuse_damaged(path: Path, error: Exception | None = None) -> NoReturn:
    raise DeepCMEError(
        f"{path}: the file is damaged or was changed; copy the model's folder again from "
        "where it came."
    ) from error


def _arrays_of(model: Model) -> Arrays:
    arrays = {f"genes.{name}": getattr(model.statistics, name) for name in _STATISTICS}
    arrays.update(model.learned.arrays())
    arrays.update(model.own_arrays())
    for optional in (model.sketches, model.panel):
        if optional is not None:
            arrays.update(optional.arrays())
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _assemble(
    manifest: BinaryManifest | SurvivalManifest, arrays: Arrays, digest: str
) -> Model:
    sketches = _take_sketches(manifest, arrays)
    if isinstance(manifest, BinaryManifest):
        panel = _take_panel(manifest, arrays)
        parts = _take_learned(manifest, arrays)
        return BinaryModel(manifest, *parts, sketches, panel=panel, sha256=digest)
    baseline = take_baseline(arrays, manifest)
    panel = _take_panel(manifest, arrays, baseline, manifest.follow_up.horizon)
    parts = _take_learned(manifest, arrays)
    return SurvivalModel(
        manifest, *parts, sketches, panel=panel, sha256=digest, baseline=baseline
    )


def _take_panel(
    manifest: Manifest,
    arrays: Arrays,
    baseline: Baseline | None = None,
    horizon: float | None = None,
) -> Panel | None:
    """What a panel keeps beside its refit; its arrays are taken out."""
    names = [name for name in arrays if name.startswith(PREFIX)]
    taken = {name.removeprefix(PREFIX): arrays.pop(name) for name in names}
    if manifest.panel is None:
        if names:
            raise UnfitArraysError(f"the array {names[0]} belongs to no panel.")
        return None
    forms = {
        "linear": ("coefficients",),
        "networks": ("networks", "hazard networks"),
    }[manifest.panel.refit]
    if manifest.model.form not in forms:
        raise UnfitArraysError(
            f"what was learned, {manifest.model.form}, is not the panel's refit, "
            f"{manifest.panel.refit}."
        )
    n_genes = len(manifest.genes.id)
    return Panel.from_arrays(taken, n_genes, manifest.model.form, baseline, horizon)


def _take_learned(manifest: Manifest, arrays: Arrays) -> tuple[Learned, GeneStatistics]:
    """What was learned of each gene, and what takes the genes."""
    n_genes = len(manifest.genes.id)
    try:
        of_genes = {f"genes.{name}": arrays.pop(f"genes.{name}") for name in _STATISTICS}
    except KeyError as error:
        raise UnfitArraysError(f"the array {error.args[0]} is missing.") from error
    require_numbers(of_genes)
    statistics = GeneStatistics(*of_genes.values())
    if any(getattr(statistics, name).shape != (n_genes,) for name in _STATISTICS):
        raise UnfitArraysError(f"the statistics are not those of {n_genes} genes.")
    if (statistics.scale < 0).any():
        raise UnfitArraysError("a gene's standard deviation is negative.")
    return learned_from_arrays(manifest.model, arrays, n_genes), statistics


def _take_sketches(manifest: Manifest, arrays: Arrays) -> Sketches | None:
    """The sketches of the training samples; their arrays are taken out."""
    names = [name for name in arrays if name.startswith(Sketches.PREFIX)]
    taken = {name: arrays.pop(name) for name in names}
    ids = manifest.training_ids
    if ids is None or not taken:
        return None
    try:
        return Sketches.from_arrays(taken, len(manifest.genes.id), int(ids.salt, 16))
    except KeyError as error:
        raise UnfitArraysError(f"the array {error.args[0]} is missing.") from error
    except ValueError as error:
        raise UnfitArraysError(str(error)) from error
