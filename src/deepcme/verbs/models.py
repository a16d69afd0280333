"""Models in use from Python: predict, validate, keep and load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepcme.base.files.writable import require_writable
from deepcme.base.notes import WARNING, is_warning
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.scales import Scale
from deepcme.report.card.writing import save_with_cards
from deepcme.report.exports.exports import write_export
from deepcme.report.external.validation import write_validation
from deepcme.trained import files, prediction
from deepcme.trained.manifest import Manifest
from deepcme.trained.model import Model
from deepcme.trained.new_samples import Normalisation
from deepcme.trained.panels.coefficients import list_panel_genes
from deepcme.trained.panels.words import describe_panel
from deepcme.trained.prediction import Predictions
from deepcme.trained.survival.model import require_times
from deepcme.trained.validation import Validation, validate_model
from deepcme.verbs.cards import card
from deepcme.verbs.reading import as_cohort
from deepcme.verbs.samples import Samples, read_samples

__all__ = ["TrainedModel", "load_model", "predict", "validate"]


@dataclass(frozen=True, repr=False)
class TrainedModel(Shows):
    """A model of all patients of a cohort, to predict others with.

    Attributes
    ----------
    model : deepcme.trained.model.Model
        What was learned, and its manifest.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True)
    >>> len(model.predict(cohort[60:]).frame())
    30
    """

    model: Model

    @property
    def manifest(self) -> Manifest:
        """What it was trained on, and what to expect of it."""
        return self.model.manifest

    @property
    def n_genes(self) -> int:
        """Number of genes that it takes."""
        return self.model.n_genes

    def predict(
        self,
        samples: Samples,
        *,
        times: Sequence[float] = (),
        scale: Scale | None = None,
        normalise: Normalisation = "none",
        allow_missing: bool = False,
        allow_training_samples: bool = False,
    ) -> Predictions:
        """Predict samples, as `deepcme.predict` does."""
        return predict(
            self,
            samples,
            times=times,
            scale=scale,
            normalise=normalise,
            allow_missing=allow_missing,
            allow_training_samples=allow_training_samples,
        )

    def validate(
        self,
        cohort: Cohort | str | Path,
        *,
        out: str | Path | None = None,
        normalise: Normalisation = "none",
        allow_missing: bool = False,
        allow_training_samples: bool = False,
        seed: int = 1,
    ) -> Validation:
        """Test on new patients whose endpoint is known, as `deepcme.validate` does."""
        return validate(
            self,
            cohort,
            out=out,
            normalise=normalise,
            allow_missing=allow_missing,
            allow_training_samples=allow_training_samples,
            seed=seed,
        )

    def coefficients(self) -> pd.DataFrame:
        """Genes of a panel by id, with the coefficients of a linear one.

        Returns
        -------
        DataFrame
            By gene: `role` (``intercept``, ``panel`` or ``reference``), `symbol`,
            `coefficient_per_sd` and `coefficient_per_unit` on the scale of the calibrated
            log-odds or log hazard, `odds_ratio` or `hazard_ratio` for a standard deviation
            with its 95% interval over resampled patients, `ci_low, ci_high`; and `mean, scale,
            lowest, median, highest` of the training values. A panel of networks has no
            coefficients.

        Raises
        ------
        DeepCMEError
            If the model is no panel.
        """
        return list_panel_genes(self.model).set_index("gene")

    def export(self, file: str | Path) -> None:
        """Write a panel as a table (.csv), a formula in words (.md) or ONNX (.onnx).

        Raises
        ------
        DeepCMEError
            If the model is no panel, a panel of networks has no formula, or skl2onnx is not
            installed.
        """
        path = Path(file)
        require_writable(path)
        write_export(self.model, path)

    def save(self, folder: str | Path) -> None:
        """Write to a new folder, whole or not at all; `deepcme.load_model` reads it.

        Its card, ``card.html`` and ``card.md``, is written beside it.
        """
        save_with_cards(self.model, Path(folder))

    def card(
        self,
        out: str | Path,
        *,
        validations: Sequence[str | Path] = (),
        answers: Mapping[str, str] | str | Path | None = None,
    ) -> Path:
        """Write its card, as `deepcme.card` does; of a saved one that knows its files."""
        return card(self, out, validations=validations, answers=answers)

    def _shown(self) -> Shown:
        manifest = self.manifest
        cohort = manifest.cohort
        warnings = [note.removeprefix(WARNING) for note in manifest.notes if is_warning(note)]
        facts = [
            ("Endpoint", manifest.endpoint),
            ("Learned from", f"{cohort.positives} {self.model.having}"),
            ("Genes", names_in_line(manifest.genes.id, 8)),
            *(("Panel", told.removeprefix("Panel: ")) for told in describe_panel(manifest)),
            ("Made with", f"deepcme {manifest.package_version}"),
            *(("Warning", warning) for warning in warnings),
        ]
        title = (
            f"Model {manifest.model.name} of {cohort.name}: "
            f"{counted(cohort.samples, 'sample')} of {counted(cohort.patients, 'patient')}, "
            f"{counted(self.n_genes, 'gene')}"
        )
        more = (
            "More: .predict(samples), .validate(cohort), .card(file), .save(folder), .manifest."
        )
        return Shown(title, [self.model.expect()], facts, end=more)


def load_model(folder: str | Path) -> TrainedModel:
    """Read a model that `deepcme train` or `TrainedModel.save` wrote.

    Raises
    ------
    DeepCMEError
        If the folder holds no model, or a file of it is damaged.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).save("my-model")
    >>> deepcme.load_model("my-model").manifest.cohort.samples
    60
    """
    return TrainedModel(files.load_model(folder))


def predict(
    model: TrainedModel | str | Path,
    samples: Samples,
    *,
    times: Sequence[float] = (),
    scale: Scale | None = None,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
) -> Predictions:
    """Predict new samples with a trained model, as `deepcme predict` does.

    Parameters
    ----------
    model : TrainedModel or path
        A model, or its folder.
    samples : DataFrame, Cohort or path
        A DataFrame holds expression, samples x genes, by sample ids and gene ids or symbols.
        No endpoint is needed.
    times : sequence of float, optional
        Of a model of times: tell the risk by these times too, in its unit.
    scale : {"fpkm", "tpm", "rsem", "counts", "log2", "intensity"}, optional
        What the values are; by default as a cohort says, else as the model's.
    normalise : {"none", "cohort", "rank"}
        How values of another platform are brought to the model's.
    allow_missing : bool
        Predict even if over 5% of the model's genes have no value.
    allow_training_samples : bool
        Go on with the patients that the model learned from.

    Returns
    -------
    Predictions
        Its `frame` has a row for each sample; its `notes` what to know of them.

    Raises
    ------
    DeepCMEError
        If no sample can be predicted, or these are the training cohort.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True)
    >>> len(deepcme.predict(model, cohort[60:]).frame())
    30
    """
    loaded = _as_model(model)
    if len(times):
        loaded = require_times(loaded, "times=").at_times([float(time) for time in times])
    return prediction.predict(
        loaded,
        read_samples(samples, loaded, scale),
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=allow_training_samples,
    )


def validate(
    model: TrainedModel | str | Path,
    cohort: Cohort | str | Path,
    *,
    out: str | Path | None = None,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
    seed: int = 1,
) -> Validation:
    """Test a trained model, as it is, on new patients, as `deepcme validate` does.

    Parameters
    ----------
    model : TrainedModel or path
        A model, or its folder.
    cohort : Cohort or path
        New patients whose endpoint is known.
    out : path, optional
        New folder for tables, charts and a page; nothing is written without it.
    normalise : {"none", "cohort", "rank"}
    allow_missing, allow_training_samples : bool
        As in `predict`.
    seed : int, default 1

    Returns
    -------
    Validation
        With `tables`, `notes` and, in words, what was found beside what was expected.

    Raises
    ------
    DeepCMEError
        As `predict`; and for another kind of outcome than the model's, or too few events.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True)
    >>> list(deepcme.validate(model, cohort[60:]).tables)[:2]
    ['predictions', 'external_auc']
    """
    validation = validate_model(
        _as_model(model),
        as_cohort(cohort),
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=allow_training_samples,
        seed=seed,
    )
    if out is not None:
        name = Path(model).resolve().name if isinstance(model, str | Path) else "model"
        write_validation(validation, Path(out), name)
    return validation


def _as_model(model: TrainedModel | str | Path) -> Model:
    return model.model if isinstance(model, TrainedModel) else files.load_model(model)
