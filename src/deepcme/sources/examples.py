"""Cohorts that come with the package."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.flow import FlowStep
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import DAYS, SurvivalOutcome

TRANSBIG_CLINICAL = ["age", "er", "grade", "size_cm", "time_days", "distant_metastasis"]
NODES = "nodes"
"""Column that says of each patient that no lymph node was involved, as the series has it."""


def load_transbig() -> Cohort:
    """Load TRANSBIG: time to distant metastasis of 198 node-negative patients, 51 events.

    The horizon is 5 years (1,826.25 days), within which 35 had the event and 9 were
    censored. Not the whole series (Desmedt et al. 2007, GEO GSE7390) but its 76 probes of
    the Rotterdam signature, which were chosen on other patients: a model here cannot show
    whether it finds genes. ``deepcme fetch geo GSE7390`` gets all 22,283 probes;
    ``sources/data/PROVENANCE.md`` has the details.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.datasets.transbig()
    >>> cohort.n_samples, cohort.n_genes, cohort.n_positives
    (198, 76, 51)
    """
    folder = files("deepcme.sources") / "data"
    with (folder / "transbig.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, index_col="sample_id")
    with (folder / "transbig_symbols.csv").open(encoding="utf-8") as file:
        symbols = pd.read_csv(file, index_col="gene_id")["symbol"].fillna("")
    outcome = SurvivalOutcome(
        table["time_days"].to_numpy(),
        table["distant_metastasis"].to_numpy(),
        Endpoint(
            "Time to distant metastasis, in days; censored at the last follow-up; the "
            "horizon is 5 years (1,826.25 days).",
            name="time-to-distant-metastasis",
            columns=("time_days", "distant_metastasis"),
            unit="days",
            horizon=5 * DAYS["years"],
        ),
    )
    flow = [
        FlowStep.count("read", table.index),
        FlowStep.count("labelled", table.index, outcome.events),
    ]
    return Cohort.from_arrays(
        table[symbols.index].to_numpy(dtype="float32"),
        outcome,
        samples=table.index.tolist(),
        genes=symbols.index.tolist(),
        symbols=symbols.tolist(),
        tissue=["primary"] * len(table),
        clinical=table[TRANSBIG_CLINICAL].assign(**{NODES: "negative"}),
        endpoint=outcome.endpoint,
        scale="log2",
        name="TRANSBIG",
        provenance={
            "source": "GEO GSE7390; Desmedt et al., Clin Cancer Res 2007;13:3207-14",
            "notes": [
                "The example has only the 76 probes of the Rotterdam signature, chosen "
                "beforehand on other patients, of the 22,283 of the series, which `deepcme "
                "fetch geo GSE7390` gets.",
            ],
            "flow": [step.as_json() for step in flow],
        },
    )
