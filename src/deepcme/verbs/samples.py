"""New samples in whatever form they come: a DataFrame, a cohort, or a file of either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.scales import Scale
from deepcme.trained.model import Model
from deepcme.trained.new_samples import (
    Expression,
    expression_of,
    expression_of_frame,
    read_expression,
)

Samples = pd.DataFrame | Cohort | str | Path


def read_samples(samples: Samples, model: Model, scale: Scale | None) -> Expression:
    """Expression of the samples, of the genes that a model wants."""
    if isinstance(samples, pd.DataFrame):
        return expression_of_frame(samples, model.manifest.genes_to_read, scale)
    if isinstance(samples, Cohort):
        expression = expression_of(samples)
        return replace(expression, scale=scale or expression.scale)
    return read_expression(samples, model.manifest.genes_to_read, scale)
