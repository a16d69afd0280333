"""
Three cohorts: leave one out, and transfer
==========================================

A model that is good in the hospital where it was made may fail in the next one. With several cohorts
that can be asked. Here three are cut from one simulated population in which the same ten genes matter
everywhere; then one of them is spoiled, as another laboratory spoils values: genes are shifted and
stretched. The truth is known, so we see what each check can find, and what it cannot.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import deepcme
from deepcme.trained.transfer import compute_transfer

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

population = deepcme.simulate(
    samples=360,
    genes=100,
    events=140,
    signal_genes=10,
    module_size=5,
    effect=0.7,
    rare_genes=0,
    batches=1,
    repeated_samples=0,
    seed=5,
)
logs = np.log2(population.to_frame() + 1)
names = np.repeat(["Ash", "Birch", "Cedar"], 120)

# %%
# Another laboratory
# ------------------
#
# In Cedar every gene is moved by an amount of its own, up to some four doublings. No patient is any
# different: it is the same biology, measured otherwise.

random = np.random.default_rng(5)
shift = random.normal(0, 2, size=logs.shape[1])
logs.loc[names == "Cedar"] += shift

cohorts = {
    name: deepcme.Cohort.from_frame(
        logs[names == name],
        pd.DataFrame({"relapse": population.labels[names == name]}, logs.index[names == name]),
        label="relapse",
        scale="log2",
        name=name,
    )
    for name in ("Ash", "Birch", "Cedar")
}
pd.Series({name: cohort.n_positives for name, cohort in cohorts.items()}, name="events")

# %%
# One model, frozen, elsewhere
# ----------------------------
#
# The hardest and plainest test: train in Ash, change nothing, predict the others.

model = deepcme.train(cohorts["Ash"], model="LR-tuned", repeats=1, quiet=True)
near = deepcme.validate(model, cohorts["Birch"]).tables["external_auc"].iloc[0]
assert near["auc"] > 0.65
print(f"Birch: AUC {near['auc']:.2f} ({near['ci_low']:.2f} to {near['ci_high']:.2f})")

# %%
# Cedar is another matter. Its values are far from those of the training, and the predictions say so
# in each row:

there = model.predict(cohorts["Cedar"]).frame()
here = model.predict(cohorts["Birch"]).frame()
assert there["far"].mean() > 0.9 > 0.2 > here["far"].mean()
print(f"far from the training data: {here['far'].mean():.0%} of Birch, {there['far'].mean():.0%} of Cedar")

# %%
# ``normalise="cohort"`` standardises each gene within the new samples. It mends exactly this kind
# of trouble, at a price: it takes a case mix like that of the training, and a patient's
# prediction then depends on the others.

plain = deepcme.validate(model, cohorts["Cedar"]).tables["external_auc"].iloc[0]
mended = deepcme.validate(model, cohorts["Cedar"], normalise="cohort").tables["external_auc"].iloc[0]
assert mended["auc"] > 0.65
print(f"Cedar as it is: AUC {plain['auc']:.2f}; normalised: {mended['auc']:.2f}")

# %%
# Look at more than the order. A shift that is the same for every patient moves a linear model's
# log-odds by one constant: the AUC stays, and the risks are wrong all the same. O/E is the number
# of events over the sum of predicted risks, 1 if they are right on average.

# %%
# Transfer: every cohort to every other
# -------------------------------------
#
# ``compute_transfer`` (``deepcme transfer`` on the command line) trains on each cohort and tests on each
# other, genes standardised within each cohort. Rows tested by *own cross-validation* are what the
# others are held against: a cohort that is hard to predict at home is hard from outside.

transfer = compute_transfer(cohorts, ensemble={"n_networks": 1})
regression = transfer[transfer["model"] == "LR-tuned"]
regression.pivot(index="train", columns="test", values="auc").round(2)

# %%
# The signal carries over everywhere: off the diagonal AUCs are about what they are on it. That is how
# we made it, and the intervals say how surely one could tell without knowing:

others = regression[regression["tested"] == "other cohort"]
assert others["auc"].min() > 0.6
others[["train", "test", "auc", "ci_low", "ci_high"]].round(2)

# %%
# Leave one cohort out
# --------------------
#
# Now the whole way, with choice of penalty and all, learns from two cohorts and is tested on the third,
# in turn. A column ``cohort`` says where each sample comes from. (``deepcme prepare merge`` makes
# such a cohort from files, at the genes that all have.)

merged = deepcme.Cohort.from_frame(
    logs,
    pd.DataFrame({"relapse": population.labels, "cohort": names}, logs.index),
    label="relapse",
    scale="log2",
    name="three cohorts",
)
[finding.code for finding in deepcme.audit(merged)]
