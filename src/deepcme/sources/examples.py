"""Cohorts that come with the package."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from deepcme.cohort.characteristics import describe_groups
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.endpoints import DAYS_PER_YEAR, event_within_horizon
from deepcme.cohort.flow import FlowStep
from deepcme.cohort.outcome import Endpoint

TRANSBIG_CLINICAL = ["age", "er", "grade", "size_cm", "time_days", "distant_metastasis"]


def load_transbig() -> Cohort:
    """Load TRANSBIG: 189 node-negative patients, 35 with distant metastasis within 5 years.

    Not the whole series (Desmedt et al. 2007, GEO GSE7390) but its 76 probes of the
    Rotterdam signature, which were chosen on other patients: a model here cannot show
    whether it finds genes. ``deepcme fetch geo GSE7390`` gets all 22,283 probes;
    ``sources/data/PROVENANCE.md`` has the details.
    """
    folder = files("deepcme.sources") / "data"
    with (folder / "transbig.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, index_col="sample_id")
    with (folder / "transbig_symbols.csv").open(encoding="utf-8") as file:
        symbols = pd.read_csv(file, index_col="gene_id")["symbol"].fillna("")
    label = event_within_horizon(
        table["time_days"], table["distant_metastasis"], 5 * DAYS_PER_YEAR
    )
    known = ~pd.isna(label)
    n_censored = int((~known).sum())
    kept = table[known]
    left_out = {"followed for less than 5 years": n_censored}
    flow = [
        FlowStep.count("read", table.index),
        FlowStep.count("labelled", kept.index, label[known], left_out),
    ]
    groups = {"kept": known, "left_out": ~known}
    described = describe_groups(
        table[TRANSBIG_CLINICAL], table.index.to_series(), groups, most=len(TRANSBIG_CLINICAL)
    )
    return Cohort.from_arrays(
        kept[symbols.index].to_numpy(dtype="float32"),
        label[known],
        samples=kept.index.tolist(),
        genes=symbols.index.tolist(),
        symbols=symbols.tolist(),
        tissue=["primary"] * len(kept),
        clinical=kept[TRANSBIG_CLINICAL],
        endpoint=Endpoint(
            "Distant metastasis within 5 years (1,826.25 days) = 1; followed for 5 years "
            "without = 0; followed for less without = left out.",
            name="event-within-horizon",
            left_out={"censored before 1826.25": n_censored},
            columns=("time_days", "distant_metastasis"),
        ),
        scale="log2",
        name="TRANSBIG",
        provenance={
            "source": "GEO GSE7390; Desmedt et al., Clin Cancer Res 2007;13:3207-14",
            "notes": [
                f"{n_censored} patients followed for less than 5 years were left out.",
                "The example has only the 76 probes of the Rotterdam signature, chosen "
                "beforehand on other patients, of the 22,283 of the series, which `deepcme "
                "fetch geo GSE7390` gets.",
            ],
            "flow": [step.as_json() for step in flow],
            "left_out": [{"step": "labelled", **described}],
        },
    )
