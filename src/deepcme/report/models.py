"""A study's models in words, and every setting of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from deepcme.base.parameters import is_sentinel
from deepcme.base.words import listed
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.registry import KINDS, ModelKind
from deepcme.study.designs import NestedDesign
from deepcme.study.others.arms import models_with_others, names_beside
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.parts.comparators.clinical_index import CLINICAL_INDEX
from deepcme.study.parts.comparators.signatures import REFUSED, SIGNATURES
from deepcme.study.parts.grid import TUNED, TUNED_OF_TIMES, grid_points
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings
from deepcme.study.store import StudyFolder

_IN_SPAN = (
    "where rows have twice as many genes as there are rows or more, each network trains on "
    "the scores of its training rows on axes of the space that these span, turned at random, "
    "and its weights are turned back into those of genes: it can learn the same functions as "
    "on genes, but takes another course"
)
_NOT_SETTINGS = ("random_state", "engine", "device", "verbose", "n_jobs")


def compute_model_settings(models: Sequence[ModelSettings]) -> pd.DataFrame:
    """Every setting that can change a model's results, those left at their defaults too.

    Parameters
    ----------
    models : sequence of ModelSettings

    Returns
    -------
    DataFrame
        Columns model, estimator, setting, value. Seeds come from the study's, so
        `random_state` is left out.
    """
    rows = [
        (model.name, model.estimator, setting, _as_text(value))
        for model in models
        for setting, value in _settings_of(model).items()
    ]
    return pd.DataFrame(rows, columns=["model", "estimator", "setting", "value"])


def join_model_settings(settings: pd.DataFrame) -> pd.DataFrame:
    """One row for each model, its settings in one cell, as a page shows them."""
    values = settings["value"].replace("None", "none")
    joined = settings.assign(settings=settings["setting"] + " = " + values)
    by_model = joined.groupby(["model", "estimator"], sort=False)["settings"]
    return by_model.agg(", ".join).reset_index()


def describe_networks(models: Sequence[ModelSettings]) -> str:
    """Each network with its settings; of one like another, what sets it apart."""
    sentences: list[str] = []
    described: dict[str, tuple[str, dict[str, Any]]] = {}
    for model in models:
        if not model.kind.is_network:
            continue
        settings = _settings_of(model)
        like = described.get(model.estimator)
        if like is None:
            described[model.estimator] = (model.name, settings)
            sentences.append(f"{model.name}: {_network(model.kind, settings)}.")
        else:
            name, others = like
            different = {k: v for k, v in settings.items() if v != others[k]}
            sentences.append(f"{model.name}: as {name}, with {_listed(different)}.")
    return " ".join(sentences)


def describe_replay(study: Study) -> str:
    """How a study in the paper's manner was made, in a line."""
    over = "all rows" if study.preprocessing.fit_on == "all" else "the training part"
    networks = [_settings_of(m) for m in study.models if m.kind.is_network]
    epochs = sorted({network["max_epochs"] for network in networks})
    trained = (
        f", networks trained for up to {' or '.join(map(str, epochs))} epochs, the epoch of "
        "lowest validation loss kept"
        if networks
        else ""
    )
    return (
        f"Protocol {study.protocol}: {study.split.repeats} splits by "
        f"{study.split.by}, standardised over {over}{trained}."
    )


def find_refitted_models(study: Study) -> list[str]:
    """Names of the models that are fitted on the training and validation part of a split."""
    models = [model.name for model in study.models if model.kind.refitted]
    with_others = [
        name
        for model in models_with_others(study)
        if model.kind.refitted
        for name in names_beside(model.name, study)
    ]
    return [*models, CLINICAL, CLINICAL_AND_GENES, *with_others]


def find_comparators(folder: StudyFolder) -> tuple[str, ...]:
    """Names in the predictions of a study that it did not train.

    Published signatures, those of the user's own files and a clinical index: what is said of
    fits, of probabilities and of their changes from split to split is not of these.
    """
    signatures = _find_standing(folder, SIGNATURES, "signature")
    return (*signatures, *_find_standing(folder, CLINICAL_INDEX, "index"))


def find_clinical_index(folder: StudyFolder) -> str:
    """Name of the clinical index in the predictions of a study; empty where there is none."""
    return next(iter(_find_standing(folder, CLINICAL_INDEX, "index")), "")


def _find_standing(folder: StudyFolder, file: str, column: str) -> list[str]:
    """Names in a table of what was looked at, but of those that were refused."""
    if not folder.has_table(file):
        return []
    table = folder.read_table(file)
    names: list[str] = table.loc[table["standing"] != REFUSED, column].astype(str).tolist()
    return names


def _settings_of(model: ModelSettings) -> dict[str, Any]:
    parameters = model.kind.make(model.parameters, 0).get_params(deep=False)
    return {
        key: value
        for key, value in parameters.items()
        if key not in _NOT_SETTINGS and not is_sentinel(value)
    }


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_as_text, value)) + ")"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(settings: Mapping[str, Any]) -> str:
    if not settings:
        return "the same settings"
    return ", ".join(f"{name} = {_as_text(value)}" for name, value in settings.items())


def _network(kind: ModelKind, settings: Mapping[str, Any]) -> str:
    widths = settings["hidden_layers"]
    norm = "BatchNorm, " if settings["batch_norm"] else ""
    dropout = f"dropout {settings['dropout']:g}, " if settings["dropout"] else ""
    of_times = SurvivalOutcome.kind in kind.outcomes
    loss = "Cox's partial likelihood (Efron)" if of_times else "binary cross-entropy"
    if settings["penalty"] is not None and settings["penalty_strength"]:
        loss += (
            f" plus {settings['penalty_strength']:g} (lambda) times the "
            f"{settings['penalty_reduction']} of the absolute first-layer weights"
        )
    else:
        loss += " without penalty"
    parts = [
        f"{len(widths)} hidden layer{'s' if len(widths) > 1 else ''} of "
        f"{', '.join(map(str, widths))} units (Linear, {norm}{dropout}ReLU) and one output",
        loss,
        f"Adam at a learning rate of {settings['learning_rate']:g}, batches of "
        f"{settings['batch_size']}, up to {settings['max_epochs']} epochs",
    ]
    if _may_enter_span(settings):
        parts.append(_of_span(kind, settings))
    if settings["patience"] is not None:
        parts.append(f"stopped after {settings['patience']} epochs without a lower loss")
    if settings.get("class_weight") is not None:
        parts.append(f"class weight {_as_text(settings['class_weight'])}")
    return "; ".join([*parts, _own_words(kind, settings)])


def _may_enter_span(settings: Mapping[str, Any]) -> bool:
    return settings.get("space") == "span" and settings["penalty"] is None


def _of_span(kind: ModelKind, settings: Mapping[str, Any]) -> str:
    """How networks train on scores, and how long if nothing else is said."""
    patience = kind.type.defaults_in("span").get("patience")
    if patience is None or settings["patience"] is not None:
        return _IN_SPAN
    return f"{_IN_SPAN}; on scores stopped after {patience} epochs without a lower loss"


def _own_words(kind: ModelKind, settings: Mapping[str, Any], part: str = "") -> str:
    """What a model of this package says of itself, with its parameters."""
    words = {name: _as_text(value).strip("()") for name, value in settings.items()}
    return kind.methods.format(**words, part=part)


def describe_tuning(study: Study) -> str:
    """What was searched for the tuned network; nothing where no grid was."""
    of_times = study.survival is not None
    points = grid_points(study.grid.search, of_times=of_times)
    if not points:
        return ""
    tuned = TUNED_OF_TIMES if of_times else TUNED
    return (
        f"{tuned}: the network of lowest validation loss among {len(points)} settings: width "
        f"{_values(point.width for point in points)}; batches of "
        f"{_values(point.batch_size for point in points)}; lambda "
        f"{_values(point.penalty_strength for point in points)}. Test data have no say."
    )


def _values(values: Any) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values)))


def describe_committees(study: Study) -> str:
    """Each committee with its members; those that the study has as well are told there."""
    sentences = []
    for model in study.models:
        if not model.kind.is_committee:
            continue
        members = members_of(model)
        sentences.append(f"{model.name}: {_own_words(model.kind, _settings_of(model))}")
        alike = [name for name in members if _is_among(study.models, name)]
        if alike:
            sentences.append(
                f"{listed(alike)}: with the settings told below, where each is a model of its "
                "own."
            )
        sentences += [_member(KINDS[name]) for name in members if name not in alike]
    return " ".join(sentences)


def members_of(committee: ModelSettings) -> tuple[str, ...]:
    """The models that a committee is made of."""
    names: tuple[str, ...] = _settings_of(committee)["members"]
    return names


def _is_among(models: Sequence[ModelSettings], member: str) -> bool:
    """Whether a study has a model that is fitted as this member of a committee is."""
    # A member that is tuned has no validation part to be tuned on.
    return not KINDS[member].tuned_over_folds and any(
        model.estimator == model.name == member and not model.parameters for model in models
    )


def _member(kind: ModelKind) -> str:
    settings = _settings_of(
        ModelSettings.model_construct(name=kind.name, estimator=kind.name, parameters={})
    )
    if kind.is_network:
        return f"Its {kind.name}: {_network(kind, settings)}."
    return f"Its {kind.name}: {_baseline(kind, settings, 'a part of these patients')}"


def describe_baselines(study: Study) -> str:
    """Each model that is no network and no committee, with its settings off the defaults."""
    nested = isinstance(study.split, NestedDesign)
    part = "the inner folds" if nested else "the validation part"
    models = [model for model in study.models if model.kind.is_baseline]
    sentences = [
        f"{model.name}: {_baseline(model.kind, _settings_of(model), part)}" for model in models
    ]
    if any(not model.kind.refitted for model in models):
        sentences.append("Those with defaults are fitted on the training part alone.")
    return " ".join(sentences)


def _baseline(kind: ModelKind, settings: Mapping[str, Any], part: str) -> str:
    if kind.methods:
        return _own_words(kind, settings, part)
    defaults = kind.type().get_params(deep=False)
    changed = {k: v for k, v in settings.items() if v != defaults[k]}
    but = f" but {_listed(changed)}" if changed else ""
    return f"{kind.library}'s {kind.type.__name__} with its defaults{but}."
