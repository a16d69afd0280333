"""The matrices of an AnnData: `X`, its layers and `raw`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import dense_float32
from deepcme.cohort.scales.distribution import spread_rows
from deepcme.cohort.scales.floors import are_relative
from deepcme.cohort.scales.scales import absent_up_to, guess_scale

if TYPE_CHECKING:
    import anndata as ad

RAW = "raw"
_SCALED = "scaled"
_NOTHING = "nothing"
_PREFERENCE = ("counts", "rsem", "tpm", "fpkm", "intensity", "log2")


def matrix_of(adata: ad.AnnData, layer: str | None = None) -> tuple[Any, pd.DataFrame]:
    """One matrix of an AnnData as it is stored, with the genes that its columns are.

    Parameters
    ----------
    adata : AnnData
        Samples x genes.
    layer : str, optional
        Name of a layer, or ``raw``, which often has more genes; `X` if not given.

    Returns
    -------
    values : ndarray or sparse matrix, shape (samples, genes)
    genes : DataFrame
        `var` of that matrix, one row per gene.

    Raises
    ------
    DeepCMEError
        If there is no such matrix; the message names those that there are.
    """
    stored, genes = _stored(adata, layer)
    if stored is None:
        asked = "X" if layer is None else f"layer {layer!r}"
        there = [*(["X"] if adata.X is not None else []), *_layer_names(adata)]
        choice = f"it has {', '.join(there)}" if there else "it has no other"
        way_out = "; choose one with --layer" if _layer_names(adata) else ""
        raise DeepCMEError(f"The file holds no {asked}: {choice}{way_out}.")
    return stored, genes


def propose_layer(adata: ad.AnnData) -> str | None:
    """A note that a layer or `raw` is of use where `X` holds scaled or centred values.

    One that holds counts is proposed, else one of another linear scale, else one of
    logs. None where `X` is not scaled, or nothing better is there.
    """
    if adata.X is None or _content(adata.X) != _SCALED:
        return None
    found = {name: _content(_stored(adata, name)[0]) for name in _layer_names(adata)}
    usable = [name for name, content in found.items() if content in _PREFERENCE]
    if not usable:
        return None
    name = min(usable, key=lambda name: _PREFERENCE.index(found[name]))
    where = "raw holds" if name == RAW else f"the layer {name!r} holds"
    return (
        f"Warning: X holds negative values, as scaling over all samples leaves them, and "
        f"{where} {found[name]}: --layer {name} takes those instead."
    )


def _layer_names(adata: ad.AnnData) -> list[str]:
    """Those that hold numbers; booleans are no expression."""
    names = [name for name, values in adata.layers.items() if values.dtype != bool]
    return names if adata.raw is None or RAW in names else [*names, RAW]


def _stored(adata: ad.AnnData, layer: str | None) -> tuple[Any, pd.DataFrame]:
    if layer is None:
        return adata.X, adata.var
    if layer in adata.layers and layer in _layer_names(adata):
        return adata.layers[layer], adata.var
    if layer == RAW and adata.raw is not None:
        return adata.raw.X, adata.raw.var
    return None, adata.var


def _content(stored: Any) -> str:
    """The scale of a matrix, told from samples spread evenly over it, or that it is scaled."""
    rows = dense_float32(spread_rows(stored))
    if not np.isfinite(rows).any():
        return _NOTHING
    scale, _ = guess_scale(rows)
    is_scaled = scale == "log2" and absent_up_to(rows, scale) is None and are_relative(rows)
    return _SCALED if is_scaled else scale
