"""A linear panel as a formula in words, with an example that can be computed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, listed
from deepcme.report.exports.example import Example, make_example
from deepcme.report.markdown import escape_markdown
from deepcme.trained.model import Model
from deepcme.trained.panels.coefficients import calibrated_line, is_linear
from deepcme.trained.panels.panel import INTERVAL_IN_WORDS
from deepcme.trained.survival.model import SurvivalModel

_NOTICE = (
    "For research: not a medical device, not validated for use in the clinic, and no basis for "
    "treating anybody."
)


def write_formula(model: Model) -> str:
    """The steps from values to the risk, in Markdown.

    Raises
    ------
    DeepCMEError
        If the panel is one of networks.
    """
    if not is_linear(model):
        raise DeepCMEError(
            "A panel of networks has no formula that could be computed by hand: name the file "
            ".csv for its genes or .onnx, or use `deepcme predict`."
        )
    example = make_example(model)
    parts = [
        *_introduce(model),
        *_list_values(model),
        *_list_steps(model),
        *_list_genes(model),
        *_compute_example(model, example),
        *_list_limits(model),
    ]
    return "\n\n".join(parts) + "\n"


def _introduce(model: Model) -> Iterator[str]:
    manifest = model.manifest
    cohort = manifest.cohort
    yield f"# A panel of {counted(model.n_genes, 'gene')} as a formula"
    yield f"**{_NOTICE}**"
    learned = counted(cohort.patients, "patient")
    yield (
        f"The panel tells {_what(model)}. It was learned from {learned} of "
        f"{escape_markdown(cohort.name)}, {cohort.positive_patients:,} of them with the event. "
        f"{model.expect()}"
    )
    told = [
        ("Endpoint", escape_markdown(manifest.endpoint)),
        ("Model", f"{escape_markdown(manifest.model.name)}, version {_version(model)}"),
        ("Trained", manifest.date or "unknown"),
        ("SHA-256 of its manifest", f"`{model.sha256}`" if model.sha256 else "not saved yet"),
        ("Made with", f"deepcme {escape_markdown(manifest.package_version)}"),
    ]
    yield "\n".join(f"- {name}: {value}" for name, value in told)


def _version(model: Model) -> str:
    return escape_markdown(model.manifest.version or "unknown")


def _what(model: Model) -> str:
    if isinstance(model, SurvivalModel):
        return f"the risk of the event by {model.until}"
    return "the probability of the event"


def _list_values(model: Model) -> Iterator[str]:
    trained, panel = model.manifest.preprocessing, model.manifest.panel
    assert panel is not None
    yield "## What is needed"
    scale = {
        "log2": "log ratios or centred log2 values" if trained.relative else "log2 values",
        "intensity": "intensities of arrays (not logged)",
    }.get(trained.scale, f"{trained.scale.upper()} (not logged)")
    alike = f"of one sample: {scale}, measured and processed as in the training cohort."
    if panel.reference is None:
        yield f"The value of each gene in the table below, {alike}"
        return
    names = listed([escape_markdown(name) for name in panel.reference.names])
    yield (
        f"The value of each gene in the table below and of "
        f"{counted(len(panel.reference.id), 'reference gene')} ({names}), which stand for how "
        f"much RNA there was, {alike} Without a value of each of these there is no result."
    )


def _list_steps(model: Model) -> Iterator[str]:
    trained, panel = model.manifest.preprocessing, model.manifest.panel
    assert panel is not None
    clip = f"{trained.clip:g}"
    steps = []
    if trained.log2:
        steps.append(
            "Take the logarithm to base 2 of each value plus 1: log2(value + 1). A negative "
            "value counts as 0."
        )
    if panel.reference is not None:
        logged = "logarithms" if trained.log2 else "values"
        steps.append(
            f"Take the mean of the reference genes' {logged}, and subtract it from that of "
            "each gene of the panel."
        )
    steps += [
        "From each gene subtract its mean and divide by its standard deviation (both in the "
        f"table). What is below -{clip} counts as -{clip}, what is above {clip} as {clip}.",
        "Multiply each gene's result by its coefficient, add all of these up, and add the "
        f"constant {_number(calibrated_line(model)[0])}. The sum is the score S.",
    ]
    if isinstance(model, SurvivalModel):
        free = _event_free(model, model.horizon)
        steps.append(
            f"The risk by {model.until} is 1 - {_number(free)} ^ exp(S), where exp(S) is e "
            f"(2.71828...) to the power of S, and {_number(free)} the share without the event "
            f"by {model.until} of a patient whose score is 0."
        )
    else:
        steps.append(
            "The probability is 1 / (1 + exp(-S)), where exp(-S) is e (2.71828...) to the "
            "power of -S."
        )
    yield "## The steps"
    yield "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    if isinstance(model, SurvivalModel):
        times = [*range(1, int(model.manifest.follow_up.last_time) + 1)]
        if times and model.manifest.follow_up.unit == "years":
            rows = [[model.in_words(time), _number(_event_free(model, time))] for time in times]
            yield "For the risk by another time put its share in place of that by the horizon:"
            yield _table(["By", "Share without the event at a score of 0"], rows)


def _event_free(model: SurvivalModel, time: float) -> float:
    return float(model.baseline.survival([0.0], time)[0, 0])


def _list_genes(model: Model) -> Iterator[str]:
    assert model.panel is not None
    statistics, coefficients = model.statistics, calibrated_line(model)[1]
    ranges = model.panel.ranges
    genes = model.manifest.genes
    yield "## The genes"
    rows = [
        [
            escape_markdown(name),
            escape_markdown(gene),
            _number(statistics.mean[place]),
            _number(statistics.scale[place]),
            _number(coefficients[place]),
            f"{ranges[place, 0]:.2f} to {ranges[place, -1]:.2f}",
        ]
        for place, (name, gene) in enumerate(zip(genes.names, genes.id, strict=True))
    ]
    yield _table(
        ["Gene", "Id", "Mean", "Standard deviation", "Coefficient", "Range in training"], rows
    )
    yield (
        "Means, deviations and ranges are of what the steps before make of the values. A "
        f"coefficient is the change of the {_scale_of(model)} for one standard deviation of "
        "the gene; above 0 the risk rises with it. It says what the model does, not what "
        "causes anything."
    )


def _scale_of(model: Model) -> str:
    return "log hazard" if isinstance(model, SurvivalModel) else "log-odds"


def _compute_example(model: Model, example: Example) -> Iterator[str]:
    yield "## An example, computed"
    yield (
        "A sample made up for this page. Whoever follows the steps with these values comes to "
        "the same numbers."
    )
    panel = model.manifest.panel
    assert panel is not None
    before = []
    if panel.reference is not None:
        before = ["Less the reference genes"]
    logged = ["log2(value + 1)"] if model.manifest.preprocessing.log2 else []
    head = ["Gene", "Value", *logged, *before, "In deviations", "Times coefficient"]
    rows = []
    for name, columns in zip(model.manifest.genes.names, example.of_genes, strict=True):
        rows.append([escape_markdown(name), *columns])
    if panel.reference is not None:
        for name, columns in zip(panel.reference.names, example.of_references, strict=True):
            blanks = [""] * (len(head) - 1 - len(columns))
            rows.append([f"{escape_markdown(name)} (reference)", *columns, *blanks])
    yield _table(head, rows)
    if example.reference_mean is not None:
        yield f"The mean of the reference genes is {example.reference_mean:.4f}."
    intercept = calibrated_line(model)[0]
    yield (
        f"The last column adds up to {example.score - intercept:.4f}; with the constant "
        f"{_number(intercept)} the score S is {example.score:.4f}."
    )
    if isinstance(model, SurvivalModel):
        free = _event_free(model, model.horizon)
        yield (
            f"The risk by {model.until} is 1 - {_number(free)} ^ exp({example.score:.4f}) = "
            f"1 - {_number(free)} ^ {np.exp(example.score):.4f} = **{example.risk:.4f}**, "
            f"that is {example.risk:.1%}."
        )
    else:
        yield (
            f"The probability is 1 / (1 + exp({-example.score:.4f})) = "
            f"1 / (1 + {np.exp(-example.score):.4f}) = **{example.risk:.4f}**, that is "
            f"{example.risk:.1%}."
        )


def _list_limits(model: Model) -> Iterator[str]:
    yield "## What the formula leaves out"
    limits = [
        "A gene without a value has no risk: the lowest and then the highest of its training "
        "range, in place of what the steps before the deviations make of it, give a range of "
        "risks. The mean in its place would look like a risk and be none.",
        "Where more than half of the genes are out of their training range, the values are of "
        "another scale or platform: the result means nothing.",
        "The 95% interval of a risk cannot be computed by hand: `deepcme predict`, the page of "
        f"the model and the service give it. It says {INTERVAL_IN_WORDS}.",
    ]
    if not model.rises:
        limits.insert(
            0,
            "Out of fold the scores did not rise with the risk: all coefficients are 0, and "
            "everybody gets the same risk. This model predicts nothing.",
        )
    yield "\n".join(f"- {limit}" for limit in limits)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: float) -> str:
    """Six significant digits, as many as a calculator needs for four of the risk."""
    return f"{float(value):.6g}"
