"""A panel as ONNX: from values as they come to the risk, in double precision."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.log_odds import ROUNDING
from deepcme.network.architecture import NetworkWeights
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks
from deepcme.trained.model import Model
from deepcme.trained.panels.coefficients import calibrated_line, is_linear
from deepcme.trained.survival.model import SurvivalModel

OPSET = 18
"""Of ONNX Runtime 1.14 and others of 2023."""
INPUT = "values"
_SINGLE, _DOUBLE = 1, 11
"""Numbers of the types in ONNX."""
_NOTICE = (
    "For research, not a medical device. A sample without one of the genes gets NaN. Ranges, "
    "intervals and refusals of values out of range are not in the graph."
)


def make_onnx(model: Model) -> bytes:
    """The graph of a panel, with its genes and what it is as metadata.

    Its input ``values`` is (samples, genes and reference genes), in double precision and in
    the order of the metadata ``genes``, on the scale of the training cohort and not logged by
    whoever calls. Its outputs are ``log_odds`` and ``probability``, or of times ``log_hazard``
    and ``risk``, by the horizon. As everywhere in deepcme a value is taken in single precision.

    Parameters
    ----------
    model : Model
        A panel.

    Raises
    ------
    DeepCMEError
        If skl2onnx is not installed.
    """
    ops = _require_skl2onnx()
    from skl2onnx.common.data_types import DoubleTensorType

    graph = _Graph(ops)
    values = graph.values(model)
    score = graph.linear(model, values) if is_linear(model) else graph.networks(model, values)
    names = ("log_hazard", "risk") if isinstance(model, SurvivalModel) else _BINARY
    # Whatever a runtime makes of NaN on the way, it stays NaN.
    lacking = graph("IsNaN", graph("ReduceSum_13", values, graph.axis, keepdims=0))
    score = graph("Where", lacking, np.array([np.nan]), score, output_names=[names[0]])
    risk = _risk_of(graph, model, score, names[1])
    n_inputs = len(model.manifest.genes_to_read.id)
    kind = DoubleTensorType([None])
    made = risk.to_onnx(
        {INPUT: DoubleTensorType([None, n_inputs])},
        outputs=[(names[0], kind), (names[1], kind)],
        other_outputs=[score],
        target_opset=OPSET,
    )
    _describe(made, model)
    packed: bytes = made.SerializeToString()
    return packed


_BINARY = ("log_odds", "probability")


def _require_skl2onnx() -> Any:
    try:
        from skl2onnx.algebra import onnx_ops
    except ImportError as error:
        raise DeepCMEError(
            "An ONNX file takes skl2onnx, which is not installed: pip install 'deepcme[onnx]', "
            "or name the file .csv or .md.",
            topic="installing",
        ) from error
    return onnx_ops


class _Graph:
    """Operators of one opset, by name, and the steps of a panel made of them."""

    axis = np.array([1], dtype=np.int64)

    def __init__(self, ops: Any) -> None:
        self._ops = ops

    def __call__(self, name: str, *inputs: Any, **settings: Any) -> Any:
        return getattr(self._ops, f"Onnx{name}")(*inputs, op_version=OPSET, **settings)

    def values(self, model: Model) -> Any:
        """What is standardised: logged, and less the mean of the reference genes."""
        values = self("Cast", self("Cast", INPUT, to=_SINGLE), to=_DOUBLE)
        if model.manifest.preprocessing.log2:
            raised = self("Add", self("Max", values, np.array([0.0])), np.array([1.0]))
            values = self("Mul", self("Log", raised), np.array([1 / np.log(2)]))
        n_genes, n_inputs = model.n_genes, len(model.manifest.genes_to_read.id)
        if n_inputs == n_genes:
            return values
        references = self._columns(values, n_genes, n_inputs)
        mean = self("ReduceMean_18", references, self.axis, keepdims=1)
        return self("Sub", self._columns(values, 0, n_genes), mean)

    def linear(self, model: Model, values: Any) -> Any:
        """The calibrated sum."""
        intercept, coefficients = calibrated_line(model)
        product = self("MatMul", self._standardise(model, values), coefficients[:, np.newaxis])
        return self._flat(self("Add", product, np.array([intercept])))

    def networks(self, model: Model, values: Any) -> Any:
        """The calibrated score of several networks, as `Learned.evaluate` tells it."""
        learned, Z = model.learned, self._standardise(model, values)
        assert isinstance(learned, LearnedNetworks | LearnedHazardNetworks)
        logits = [
            [self._network(weights, Z) for weights in snapshots]
            for snapshots in learned.networks
        ]
        if isinstance(learned, LearnedHazardNetworks):
            centre = float(learned.centres.astype(np.float64).mean())
            score = self("Sub", self._mean_of_means(logits), np.array([centre]))
        elif len(logits) == 1 and len(logits[0]) == 1:
            score = logits[0][0]
        else:
            shares = [[self("Sigmoid", logit) for logit in each] for each in logits]
            mean = self("Max", self._mean_of_means(shares), np.array([ROUNDING]))
            mean = self("Min", mean, np.array([1 - ROUNDING]))
            odds = self("Div", mean, self("Sub", np.array([1.0]), mean))
            score = self("Log", odds)
        constant, slope = model.line
        line = self("Add", self("Mul", score, np.array([slope])), np.array([constant]))
        return self._flat(line)

    def _standardise(self, model: Model, values: Any) -> Any:
        mean = model.statistics.mean.astype(np.float64)
        scale = model.statistics.scale.astype(np.float64)
        clip = model.manifest.preprocessing.clip
        deviations = self("Div", self("Sub", values, mean), np.where(scale > 0, scale, np.inf))
        return self("Min", self("Max", deviations, np.array([-clip])), np.array([clip]))

    def _network(self, weights: NetworkWeights, Z: Any) -> Any:
        hidden = Z
        for block in weights.blocks:
            product = self("MatMul", hidden, block.weight.astype(np.float64))
            # A normalisation is a line as well.
            shift = block.normalise(np.zeros(block.weight.shape[1]))
            sloped = self("Mul", product, np.broadcast_to(block.slope, shift.shape).copy())
            hidden = self("Relu", self("Add", sloped, shift))
        output = weights.output_weight.astype(np.float64)[:, np.newaxis]
        logit = self("MatMul", hidden, output)
        if weights.output_bias is None:
            return logit
        return self("Add", logit, weights.output_bias.astype(np.float64))

    def _mean_of_means(self, parts: list[list[Any]]) -> Any:
        return self._mean([self._mean(each) for each in parts])

    def _mean(self, parts: list[Any]) -> Any:
        total = parts[0]
        for part in parts[1:]:
            total = self("Add", total, part)
        return self("Mul", total, np.array([1 / len(parts)]))

    def _columns(self, values: Any, start: int, stop: int) -> Any:
        ends = (np.array([place], dtype=np.int64) for place in (start, stop))
        return self("Slice", values, *ends, self.axis)

    def _flat(self, column: Any) -> Any:
        return self("Squeeze", column, self.axis)


def _risk_of(graph: _Graph, model: Model, score: Any, name: str) -> Any:
    one = np.array([1.0])
    if not isinstance(model, SurvivalModel):
        return graph("Sigmoid", score, output_names=[name])
    hazard = float(model.baseline.hazards(model.horizon)[0])
    cumulative = graph("Mul", graph("Exp", score), np.array([-hazard]))
    return graph("Sub", one, graph("Exp", cumulative), output_names=[name])


def _describe(made: Any, model: Model) -> None:
    from onnx import helper

    manifest = model.manifest
    genes = manifest.genes_to_read
    made.producer_name, made.producer_version = "deepcme", manifest.package_version
    made.doc_string = _NOTICE
    told = {
        "notice": _NOTICE,
        "version": manifest.version or "unknown",
        "date": manifest.date or "unknown",
        "sha256": model.sha256 or "unknown",
        "endpoint": manifest.endpoint,
        "cohort": manifest.cohort.name,
        "scale": manifest.preprocessing.scale,
        "genes": json.dumps(genes.id),
        "symbols": json.dumps(genes.names),
    }
    if isinstance(model, SurvivalModel):
        told["horizon"] = model.until
    helper.set_model_props(made, told)
