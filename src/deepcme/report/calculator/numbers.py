"""The numbers of a panel, in full, as the calculator of a page takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepcme.base.time_scale import TimeScale
from deepcme.cohort.scales.distribution import BACKGROUND_NEGATIVES, FEW_NEGATIVES
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.evaluation.survival.tables.risk_groups import GROUPS
from deepcme.network.architecture import Block, NetworkWeights
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.entries import Genes
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.learned import Learned
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks
from deepcme.trained.model import Model
from deepcme.trained.panels.panel import INTERVAL_IN_WORDS, Panel
from deepcme.trained.panels.values import A_RANGE, NO_REFERENCE, NO_VALUE, OUT_OF_RANGE
from deepcme.trained.scales.scale_fit import (
    EVIDENCE,
    FITS,
    INDEPENDENT_GENES,
    LINEAR,
    LOGGED,
    RELATIVE,
)
from deepcme.trained.survival.model import SurvivalModel

Numbers = dict[str, Any]


def numbers_of(model: Model) -> Numbers:
    """All that the arithmetic of a panel needs; each double is the model's own.

    Parameters
    ----------
    model : Model
        That of a panel.
    """
    manifest, panel = model.manifest, model.panel
    assert panel is not None and manifest.panel is not None
    trained = manifest.preprocessing
    reference = manifest.panel.reference
    return {
        "genes": [
            {**gene, **of_gene}
            for gene, of_gene in zip(
                names_of(manifest.genes), _statistics_of(model, panel), strict=True
            )
        ],
        "reference": names_of(reference) if reference else [],
        "log2": trained.scale in LINEAR_SCALES,
        "clip": trained.clip,
        "far": manifest.far_distance,
        "learned": _learned(model.learned),
        "resampled": _resampled(panel),
        "risks": panel.risks.tolist(),
        "words": {
            "noValue": NO_VALUE,
            "noReference": NO_REFERENCE,
            "outOfRange": OUT_OF_RANGE,
            "aRange": A_RANGE,
            "interval": INTERVAL_IN_WORDS,
        },
        "otherScale": _other_scale(trained.scale),
        **_of_outcome(model),
    }


def names_of(genes: Genes) -> list[Numbers]:
    """Of each gene what it is called, and its names in the order of looking them up."""
    lists = [genes.id, *genes.others.values()]
    return [
        {"label": label, "names": names}
        for label, *names in zip(genes.names, *lists, strict=True)
    ]


def _statistics_of(model: Model, panel: Panel) -> list[Numbers]:
    statistics = model.statistics
    return [
        {"mean": float(mean), "scale": float(scale), "ranges": ranges}
        for mean, scale, ranges in zip(
            statistics.mean, statistics.scale, panel.ranges.tolist(), strict=True
        )
    ]


def _other_scale(scale: Scale) -> Numbers:
    """By what values are told to be on another scale, and how that is said."""
    is_linear = scale in LINEAR_SCALES
    return {
        "evidence": EVIDENCE,
        "independent": INDEPENDENT_GENES,
        "fits": FITS,
        "mostNegative": BACKGROUND_NEGATIVES if scale == "intensity" else FEW_NEGATIVES,
        "words": {
            "relative": RELATIVE,
            "other": (LOGGED if is_linear else LINEAR).format(scale=scale),
        },
    }


def _of_outcome(model: Model) -> Numbers:
    if isinstance(model, BinaryModel):
        line = model.manifest.calibration
        return {
            "kind": "binary",
            "calibration": {"intercept": line.intercept, "slope": line.slope},
            "threshold": model.manifest.threshold.probability,
            "calls": model.rises,
        }
    assert isinstance(model, SurvivalModel)
    follow_up, baseline = model.manifest.follow_up, model.baseline
    shown = TimeScale.of(follow_up.unit, model.horizon)
    cut_offs = model.manifest.risk_groups.cut_offs
    return {
        "kind": "survival",
        "calibration": {"intercept": 0.0, "slope": model.slope},
        "baseline": {
            "times": baseline.times.tolist(),
            "hazards": baseline.cumulative_hazards.tolist(),
        },
        "horizon": model.horizon,
        "until": model.until,
        "lastTime": follow_up.last_time,
        "unit": shown.unit,
        "perUnit": shown.per_unit,
        "ticks": shown.ticks(follow_up.last_time),
        "cutOffs": list(cut_offs) if cut_offs else None,
        "groups": list(GROUPS),
    }


def _resampled(panel: Panel) -> Numbers:
    """The refits on patients drawn anew."""
    numbers: Numbers = {}
    if panel.resampled is not None:
        numbers["coefficients"] = panel.resampled.tolist()
    else:
        assert panel.lines is not None
        numbers["networks"] = [_learned(networks) for networks in panel.networks]
        numbers["lines"] = panel.lines.tolist()
    if panel.hazard_times is not None and panel.resampled_hazards is not None:
        numbers["times"] = panel.hazard_times.tolist()
        numbers["hazards"] = panel.resampled_hazards.tolist()
    return numbers


def _learned(learned: Learned) -> Numbers:
    if isinstance(learned, LearnedCoefficients):
        return {
            "intercept": float(learned.intercept[0]),
            "coefficients": learned.coefficients.tolist(),
        }
    assert isinstance(learned, LearnedNetworks | LearnedHazardNetworks)
    centres = getattr(learned, "centres", None)
    return {
        "networks": [[_network(weights) for weights in of] for of in learned.networks],
        "centres": None if centres is None else centres.tolist(),
    }


def _network(weights: NetworkWeights) -> Numbers:
    bias = weights.output_bias
    return {
        "layers": [_layer(block) for block in weights.blocks],
        "output": weights.output_weight.tolist(),
        "bias": None if bias is None else float(bias[0]),
    }


def _layer(block: Block) -> Numbers:
    layer: Numbers = {"weight": block.weight.tolist()}
    if block.bias is not None:
        return {**layer, "bias": block.bias.tolist()}
    parts: Sequence[tuple[str, Any]] = [
        ("mean", block.running_mean),
        ("slope", block.slope),
        ("shift", block.shift),
    ]
    return {**layer, **{name: array.tolist() for name, array in parts}}
