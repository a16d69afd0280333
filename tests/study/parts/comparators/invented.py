"""A cohort that has the genes of one published signature, and of no other enough."""

import numpy as np
import pandas as pd

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.signatures.published import load_signature

PROLIFERATION = "proliferation"
GENES = tuple(gene.symbol for gene in load_signature(PROLIFERATION).genes)
N, N_GENES = 60, len(GENES)


def breast_cohort(n_genes=N_GENES, *, of_times=False, n=N, name="invented", **columns):
    """So many genes of the proliferation score, and six others; the first go with the risk."""
    random = np.random.default_rng(5)
    risk = np.linspace(-1.5, 1.5, n)[random.permutation(n)]
    X = random.normal(7, 1, (n, n_genes + 6))
    X[:, :n_genes] += 0.6 * risk[:, np.newaxis]
    outcome = (risk + random.normal(0, 0.7, n) > 0.4).astype(int)
    if of_times:
        times, censoring = random.exponential(np.exp(-risk)), random.exponential(3, n)
        endpoint = Endpoint("invented", unit="years", horizon=1.0)
        outcome = SurvivalOutcome(np.minimum(times, censoring), times <= censoring, endpoint)
    return Cohort.from_arrays(
        X,
        outcome,
        samples=[f"S{i}" for i in range(n)],
        genes=[*GENES[:n_genes], *(f"other{i}" for i in range(6))],
        clinical=pd.DataFrame(columns) if columns else None,
        endpoint=outcome.endpoint if of_times else "invented",
        scale="log2",
        name=name,
    )
