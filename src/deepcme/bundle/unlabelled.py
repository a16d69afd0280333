"""The samples of a cohort's `.h5ad` file, whatever its labels are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepcme.annotated import read_h5ad, require_dense_memory, with_dense_matrix
from deepcme.errors import DeepCMEError
from deepcme.genes import identifiers_in
from deepcme.names import check_cohort_names
from deepcme.network.architecture import FloatArray
from deepcme.origin import read_origin
from deepcme.people import own_where_nobody
from deepcme.scales import Scale, require_possible_values
from deepcme.sources.ids import require_unique
from deepcme.words import cleaned


@dataclass(frozen=True)
class UnlabelledSamples:
    """What a prediction needs of a cohort.

    Attributes
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.
    samples : list of str
    identifiers : dict of str to list of str
        Columns of `var` that identify genes, ``gene_id`` first.
    scale : Scale
    patients : list of str, optional
        Of each sample, where the file names them.
    """

    X: FloatArray
    samples: list[str]
    identifiers: dict[str, list[str]]
    scale: Scale
    patients: list[str] | None


def read_unlabelled(path: Path) -> UnlabelledSamples:
    """Read what `Cohort.save` wrote; labels may be missing, of one class, or not there.

    Raises
    ------
    DeepCMEError
        As `Cohort.load`, but for what is wrong with labels, patients or clinical columns.
    """
    adata = read_h5ad(path)
    require_dense_memory(adata.X, path)
    try:
        origin = read_origin(adata.uns)
        for table, column, where in (
            (adata.obs, "sample", "obs"),
            (adata.var, "gene_id", "var"),
        ):
            if column not in table:
                raise DeepCMEError(f"The cohort's {where} lacks {column}.")
        samples = [cleaned(str(sample)) for sample in adata.obs["sample"]]
        identifiers = identifiers_in(adata.var)
        names = pd.DataFrame({"sample": samples}), pd.DataFrame(identifiers)
        check_cohort_names(*names, origin.name, {})
        X: FloatArray = with_dense_matrix(adata).X
        require_possible_values(X, origin.scale, samples, identifiers["gene_id"])
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error
    require_unique(samples, "sample", path)
    patients = adata.obs.get("patient")
    if patients is not None:
        patients, _ = own_where_nobody([cleaned(str(word)) for word in patients], samples)
    return UnlabelledSamples(X, samples, identifiers, origin.scale, patients)
