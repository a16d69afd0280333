"""Rules of endpoints, over small tables of clinical columns."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from deepcme.cohort.at_horizon import label_at
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.endpoints.units import unit_of_names


def labelled_at(clinical, time, event, horizon):
    """The labels of a horizon as `values`, NaN where they are not known, and what is said."""
    unit = None if unit_of_names(time.split(",")) else "months"
    labelling = TimeToEvent(time, event, unit, horizon=horizon).label(clinical)
    values = pd.Series(np.nan, clinical.index)
    values[labelling.known] = label_at(labelling.outcome, horizon)
    n_censored = int(np.isnan(values[labelling.known]).sum())
    left_out = {**labelling.left_out, f"censored before {horizon:g}": n_censored}
    return SimpleNamespace(
        values=values,
        left_out=left_out,
        notes=labelling.notes,
        doubts=labelling.doubts,
        rule=labelling.rule,
    )
