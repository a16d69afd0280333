"""`deepcme.train`: a model of all patients of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from joblib import cpu_count

from deepcme.cohort.cohort import Cohort
from deepcme.trained.panels.names import read_gene_names
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.verbs.models import TrainedModel
from deepcme.verbs.reading import as_cohort

__all__ = ["train"]


def train(
    cohort: Cohort | str | Path,
    *,
    model: str | None = None,
    panel: int | Literal["auto"] | None = None,
    ranker: str | None = None,
    genes: Sequence[str] | str | Path | None = None,
    reference_genes: Sequence[str] | str | Path | None = None,
    horizon: float | None = None,
    version: str = "1",
    repeats: int | None = None,
    jobs: int | None = 1,
    seed: int = 1,
    quiet: bool = False,
) -> TrainedModel:
    """Train a model on all patients of a cohort, as `deepcme train` does.

    What to expect of new patients like these is measured by cross-validation and kept in it.

    Parameters
    ----------
    cohort : Cohort or path
    model : str, optional
        As a study names it; by default a committee of unlike models.
    panel : int or "auto", optional
        Make a panel of so many genes, which are ranked and chosen anew in each fold; "auto"
        takes as few as predict within one standard error of the best.
    ranker : str, optional
        That orders the genes of a panel: by default ``t-test``, of times ``cox-score``.
    genes : sequence of str, or path, optional
        The only genes that may be chosen, or a file of them, one a line; without `panel` and
        `model` a panel of all of them.
    reference_genes : sequence of str, or path, optional
        Of a panel: genes whose mean logged value is taken off each sample's.
    horizon : float, optional
        Of times: by when a model tells the risk, in the cohort's unit; by default the
        cohort's.
    version : str, default "1"
        Of the model, kept in it.
    repeats : int, optional
        How often the patients are divided into five folds: 2, or 4 under 150 patients.
    jobs : int or None, default 1
        Processes to use, None for one per core; the model does not depend on it.
    seed : int, default 1
        Root of all randomness.
    quiet : bool
        Show no progress.

    Returns
    -------
    TrainedModel

    Raises
    ------
    DeepCMEError
        If the cohort is too small, or the model does not learn its kind of outcome.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR-tuned", repeats=1, quiet=True)
    >>> predictions = model.predict(cohort[60:].to_frame(), scale="fpkm")
    >>> predictions.frame()["probability"].between(0, 1).all()
    np.True_

    A panel of three genes, chosen anew in each fold that measures what to expect:

    >>> deepcme.train(cohort[:60], panel=3, repeats=1, quiet=True).n_genes
    3
    """
    settings = TrainingSettings(
        repeats,
        seed,
        jobs or cpu_count(),
        model=model,
        horizon=horizon,
        version=version,
        panel=panel,
        ranker=ranker,
        genes=_names_in(genes),
        reference_genes=_names_in(reference_genes),
    )
    return TrainedModel(train_model(as_cohort(cohort), settings, quiet=quiet))


def _names_in(genes: Sequence[str] | str | Path | None) -> Sequence[str] | None:
    """Names of genes, from a file where one is named."""
    return read_gene_names(genes) if isinstance(genes, str | Path) else genes
