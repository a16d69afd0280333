"""The methods of a study in words, and every setting of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.comparison import DEFAULT_MARGIN, REFITTED_FACTOR
from deepcme.evaluation.recalibration import DEGREES_OF_FREEDOM, OUT_OF_FOLD
from deepcme.models.registry import KINDS, ModelKind
from deepcme.report.design import describe_design
from deepcme.scales import LINEAR_SCALES
from deepcme.study.parts.grid import TUNED, grid_points

Paragraph = tuple[str, str]
"""A heading and its text."""

_NOT_SETTINGS = ("random_state", "engine", "device", "verbose", "n_jobs")


def compute_model_settings(models: list[dict[str, Any]]) -> pd.DataFrame:
    """Every setting that can change a model's results, those left at their defaults too.

    Parameters
    ----------
    models : list of dict
        The section `models` of a resolved study.

    Returns
    -------
    DataFrame
        Columns model, estimator, setting, value. Seeds come from the study's, so
        `random_state` is left out.
    """
    rows = [
        (model["name"], model["estimator"], setting, _as_text(value))
        for model in models
        for setting, value in _settings_of(model).items()
    ]
    return pd.DataFrame(rows, columns=["model", "estimator", "setting", "value"])


def join_model_settings(settings: pd.DataFrame) -> pd.DataFrame:
    """One row for each model, its settings in one cell, as a page shows them."""
    joined = settings.assign(settings=settings["setting"] + " = " + settings["value"])
    by_model = joined.groupby(["model", "estimator"], sort=False)["settings"]
    return by_model.agg(", ".join).reset_index()


def describe_methods(
    settings: Mapping[str, Any],
    cohort: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    notes: Mapping[str, str],
) -> list[Paragraph]:
    """What was done, as sentences that a methods section can take.

    Parameters
    ----------
    settings : mapping
        The resolved study.
    cohort : mapping
        The cohort in numbers and words.
    tables, notes : mapping
        Those of the report: what was not run is not told.
    """
    paragraphs = [
        ("Design", describe_design(settings["split"])),
        ("Preprocessing", _preprocessing(settings["preprocessing"], cohort)),
        ("Networks", describe_networks(settings["models"])),
        ("Tuning", _grid(settings)),
        ("Baselines", _baselines(settings)),
        ("Measures", _measures(settings, tables, notes)),
        ("Nulls", _nulls(tables)),
        ("Clinical columns", notes.get("clinical_coding", "")),
        ("Gene selection", _selection(settings["selection"])),
    ]
    return [(heading, text) for heading, text in paragraphs if text]


def describe_networks(models: list[dict[str, Any]]) -> str:
    """Each network with its settings; of one like another, what sets it apart."""
    sentences: list[str] = []
    described: dict[str, tuple[str, dict[str, Any]]] = {}
    for model in models:
        if not KINDS[model["estimator"]].is_network:
            continue
        settings = _settings_of(model)
        like = described.get(model["estimator"])
        if like is None:
            described[model["estimator"]] = (model["name"], settings)
            sentences.append(f"{model['name']}: {_network(model['estimator'], settings)}.")
        else:
            name, others = like
            different = {k: v for k, v in settings.items() if v != others[k]}
            sentences.append(f"{model['name']}: as {name}, with {_listed(different)}.")
    return " ".join(sentences)


def describe_replay(settings: Mapping[str, Any]) -> str:
    """How a study in the paper's manner was made, in a line."""
    fitted_on = settings["preprocessing"]["fit_on"]
    over = "all rows" if fitted_on == "all" else "the training part"
    networks = [_settings_of(m) for m in settings["models"] if KINDS[m["estimator"]].is_network]
    epochs = sorted({network["max_epochs"] for network in networks})
    trained = (
        f", networks trained for up to {' or '.join(map(str, epochs))} epochs, the epoch of "
        "lowest validation loss kept"
        if networks
        else ""
    )
    return (
        f"Protocol {settings['protocol']}: {settings['split']['repeats']} splits by "
        f"{settings['split']['by']}, standardised over {over}{trained}."
    )


def _settings_of(model: Mapping[str, Any]) -> dict[str, Any]:
    parameters = KINDS[model["estimator"]].make(model["parameters"], 0).get_params(deep=False)
    return {key: value for key, value in parameters.items() if key not in _NOT_SETTINGS}


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_as_text, value)) + ")"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(settings: Mapping[str, Any]) -> str:
    if not settings:
        return "the same settings"
    return ", ".join(f"{name} = {_as_text(value)}" for name, value in settings.items())


def _preprocessing(settings: Mapping[str, Any], cohort: Mapping[str, Any]) -> str:
    primary = settings["tissue"] == "primary"
    tissue = (
        "Primary tumours only (all samples where the tissue of none is known)."
        if primary
        else "All tissues."
    )
    linear = cohort["scale"] in LINEAR_SCALES
    log = (
        f"log2(x + 1) of the {cohort['scale']} values"
        if linear
        else "values as given, on a log scale already"
    )
    steps = [log, "the median of the gene where a value is missing"]
    if settings["min_prevalence"] > 0:
        steps.append(
            f"genes left out that fewer than {settings['min_prevalence']:.0%} of the samples "
            "express (only on scales where 0, or the lowest value, means absent)"
        )
    steps.append("each gene standardised by its mean and standard deviation")
    clip = settings["clip"]
    if clip is not None and clip != float("inf"):
        steps.append(f"clipped at {clip:g} standard deviations")
    fitted = (
        "Medians, prevalences, means and deviations are learned in each split on what the "
        "model is fitted on: the training part, or training and validation part, never the "
        "test part."
        if settings["fit_on"] == "train"
        else "Medians, prevalences, means and deviations are learned on all rows, test rows "
        "included."
    )
    return f"{tissue} In this order: {'; '.join(steps)}. {fitted}"


def _network(estimator: str, settings: Mapping[str, Any]) -> str:
    widths = settings["hidden_layers"]
    norm = "BatchNorm, " if settings["batch_norm"] else ""
    dropout = f"dropout {settings['dropout']:g}, " if settings["dropout"] else ""
    loss = "binary cross-entropy"
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
    if settings["patience"] is not None:
        parts.append(f"stopped after {settings['patience']} epochs without a lower loss")
    if settings["class_weight"] is not None:
        parts.append(f"class weight {_as_text(settings['class_weight'])}")
    return "; ".join([*parts, _own_words(KINDS[estimator], settings)])


def _own_words(kind: ModelKind, settings: Mapping[str, Any], part: str = "") -> str:
    """What a model of this package says of itself, with its parameters."""
    words = {name: _as_text(value).strip("()") for name, value in settings.items()}
    return kind.methods.format(**words, part=part)


def _grid(settings: Mapping[str, Any]) -> str:
    points = grid_points(settings.get("grid", {}).get("search", "none"))
    if not points:
        return ""
    return (
        f"{TUNED}: the network of lowest validation loss among {len(points)} settings: width "
        f"{_values(point.width for point in points)}; batches of "
        f"{_values(point.batch_size for point in points)}; lambda "
        f"{_values(point.penalty_strength for point in points)}. Test data have no say."
    )


def _values(values: Any) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values)))


def _baselines(settings: Mapping[str, Any]) -> str:
    nested = settings["split"]["design"] == "nested"
    part = "the inner folds" if nested else "the validation part"
    sentences = []
    for model in settings["models"]:
        kind = KINDS[model["estimator"]]
        if kind.is_network:
            continue
        if kind.methods:
            sentences.append(f"{model['name']}: {_own_words(kind, _settings_of(model), part)}")
            continue
        defaults = kind.type().get_params(deep=False)
        changed = {k: v for k, v in _settings_of(model).items() if v != defaults[k]}
        but = f" but {_listed(changed)}" if changed else ""
        sentences.append(
            f"{model['name']}: {kind.library}'s {kind.type.__name__} with its defaults{but}."
        )
    if not sentences:
        return ""
    kinds = [KINDS[model["estimator"]] for model in settings["models"]]
    if any(not kind.is_network and not kind.refitted for kind in kinds):
        sentences.append("Those with defaults are fitted on the training part alone.")
    return " ".join(sentences)


def _measures(
    settings: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    notes: Mapping[str, str],
) -> str:
    sentences = [
        "AUC of each test part, averaged; PR-AUC over patients, each by the mean rank of its "
        "scores within the test parts, beside its expectation by chance (Bestgen 2015). "
        f"Intervals, 95%: {DEFAULT_DRAWS:,} "
        "bootstrap draws of patients; those of AUC and PR-AUC from the draws' standard error "
        "on the logit scale, with Student's t (Hesterberg 2015), that of the AUC widened as "
        "patients who test one model train another (Bengio and Grandvalet 2004); those of the "
        "calibration line and curve Wald's, robust to several rows of a patient; the others "
        "percentiles.",
        notes.get("estimand", ""),
    ]
    if "comparison" in tables:
        sentences.append(_comparison(settings["models"], tables["comparison"]))
    if "classification" in tables:
        sentences.append(
            "Sensitivity, specificity and predictive values at the threshold of highest Youden "
            "index on the validation part of each split, or on out-of-fold scores of models "
            "that were fitted on it."
        )
    if "calibration" in tables:
        sentences.append(
            "Calibration line and curve, Brier score and net benefit (Vickers and Elkin 2006) "
            "of the probabilities as the models give them, test parts pooled."
        )
    if "recalibration_lines" in tables:
        sentences.append(_recalibration(tables["recalibration_lines"]))
    if settings["split"]["design"] == "leave-one-cohort-out":
        sentences.append(
            "AUCs, predictive values and calibration are those of each cohort by itself; net "
            "benefit is pooled over them."
        )
    return " ".join(sentences)


def _comparison(models: list[dict[str, Any]], comparison: pd.DataFrame) -> str:
    model, named = comparison["model"].iloc[0], comparison[comparison["comparator"]]
    planned = (
        f" The comparator, {named['baseline'].iloc[0]}, was named before anything was fitted: "
        "that one comparison is not corrected for the others."
        if len(named)
        else ""
    )
    refitted = (
        f" Where the validation part trains a model too, {REFITTED_FACTOR:g} times the ratio "
        "of test to training samples is taken, as simulations ask for."
        if any(KINDS[model["estimator"]].refitted for model in models)
        else ""
    )
    return (
        f"{model} is compared with each baseline by the corrected resampled t-test (Nadeau and "
        f"Bengio 2003), p after Holm.{planned}{refitted} Probabilities of better, equivalent "
        f"(within {DEFAULT_MARGIN:g}) and worse: posterior under a flat prior (Benavoli et al. "
        "2017)."
    )


def _recalibration(lines: pd.DataFrame) -> str:
    out_of_fold = lines.loc[lines["learned_on"] == OUT_OF_FOLD, "model"]
    own = (
        f" ({', '.join(out_of_fold)}: on out-of-fold scores of training and validation part, "
        "as they are fitted on both)"
        if len(out_of_fold)
        else ""
    )
    return (
        "Recalibrated by a line (Platt 1999) learned on the validation part of each split"
        f"{own}; slopes of log-odds drawn towards 1, their logarithm having Student's t "
        f"density with {DEGREES_OF_FREEDOM} degrees of freedom, others by Firth's method "
        "(1993); a slope of 0 or below is refused."
    )


def _nulls(tables: Mapping[str, pd.DataFrame]) -> str:
    if "nulls" not in tables:
        return ""
    runs = tables["null_runs"]
    counts = runs["kind"].value_counts()
    sentences = []
    if n_permutations := int(counts.get("permuted labels", 0)):
        sentences.append(
            f"Labels permuted between patients {n_permutations:,} times, everything from the "
            "splits on run again; p counts the labels as they are as one permutation (Phipson "
            "and Smyth 2010)."
        )
    random = runs[runs["kind"] == "random genes"]
    if len(random):
        sizes = ", ".join(f"{size:,}" for size in sorted(random["size"].unique()))
        sentences.append(
            f"{len(random):,} random gene sets of {sizes} genes (Venet et al. 2011), the same "
            "splits."
        )
    if n_signatures := int(counts.get("signature", 0)):
        sentences.append(f"{n_signatures} gene signatures, refitted on the same splits.")
    return " ".join(sentences)


def _selection(selection: Mapping[str, Any]) -> str:
    if not selection["run"]:
        return ""
    return (
        f"Genes ranked by {' and '.join(selection['rankers'])} on training and validation "
        f"part, panels refitted without penalty, {selection['random_panels']} random panels "
        "of each size (Venet et al. 2011); knockoffs at a false-discovery proportion of 0.2 "
        f"(Barber and Candes 2015); stability selection on {2 * selection['pairs']} halves of "
        "the patients (Meinshausen and Buhlmann 2010, Shah and Samworth 2013); "
        "Nogueira's stability index (2018)."
    )
