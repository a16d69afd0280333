"""
Three cohorts: leave one out, and transfer
==========================================

A model that is good in the hospital where it was made may fail in the next one. With several cohorts
that can be asked. Here three are cut from one simulated population in which the same ten genes matter
everywhere; then one of them is spoiled, as another laboratory spoils values: genes are shifted. The truth is known, so we see what each check can find, and what it cannot.
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
logs = np.log2(population.to_frame().astype(float) + 1)
names = np.repeat(["Ash", "Birch", "Cedar"], 120)

# %%
# Another laboratory
# ------------------
#
# In Cedar every gene reads higher by an amount of its own, up to four doublings. No patient is any
# different: it is the same biology, measured otherwise.

random = np.random.default_rng(5)
shift = random.uniform(0, 4, size=logs.shape[1])
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


def tested(name, **how):
    """AUC and O/E of the model in a cohort, with their intervals."""
    tables = deepcme.validate(model, cohorts[name], **how).tables
    rows = {
        "AUC": tables["external_auc"].iloc[0],  # DeLong's interval
        "O/E": tables["external_calibration"].iloc[0],  # of the risks as they came
    }
    return pd.DataFrame(rows).T[["value", "ci_low", "ci_high"]].astype(float)


near = tested("Birch")
assert near.loc["AUC", "ci_low"] > 0.6
near.round(2)

# %%
# Cedar is another matter. Its values are far from those of the training, and the predictions say so
# in each row:

there = model.predict(cohorts["Cedar"]).frame()
here = model.predict(cohorts["Birch"]).frame()
assert there["far"].mean() > 0.9 > 0.2 > here["far"].mean()
print(
    f"far from the training data: {here['far'].mean():.0%} of Birch, {there['far'].mean():.0%} of Cedar"
)

# %%
# All the same, look at what the frozen model tells there:

shifted = tested("Cedar")
assert shifted.loc["AUC", "ci_low"] > 0.6 and shifted.loc["O/E", "ci_high"] < 0.7
shifted.round(2)

# %%
# The AUC is fine and the risks are wrong: about three times as many events were predicted as came. O/E
# is the number of events over the sum of the risks, 1 if they are right on average. A shift that is the
# same for every patient moves a linear model's log-odds by a constant, which no measure of order
# can see. **A good AUC in another cohort does not say that the risks hold there.**
#
# ``normalise="cohort"`` standardises each gene within the new samples. It mends exactly this kind of
# trouble, at a price: it takes a case mix like that of the training, a patient's prediction then
# depends on the other patients, and of 120 samples means and deviations are estimates themselves.

mended = tested("Cedar", normalise="cohort")
assert mended.loc["O/E", "ci_low"] < 1 < mended.loc["O/E", "ci_high"]
mended.round(2)

# %%
# Transfer: every cohort to every other
# -------------------------------------
#
# ``compute_transfer`` (``deepcme transfer`` on the command line) trains on each cohort and tests on each
# other, genes standardised within each cohort. Rows tested by *own cross-validation* are what the
# others are held against: a cohort that is hard to predict at home is hard from outside.

transfer = compute_transfer(cohorts, ensemble={"n_networks": 2})
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
result = deepcme.run(
    merged,
    models=["LR-tuned"],
    design="leave-one-cohort-out",
    out=work / "leave-one-out",
    quiet=True,
)
print(result.report.verdict.sentence)

# %%

# AUC in each cohort that was left out, and all together with a wide interval.
deepcme.plots.meta_analysis(result)

# %%
# Three cohorts are few. The pooled interval is wide, as it must hold for cohorts *like these* and not
# only for these patients; a prediction for a fourth one (``prediction_low`` to ``prediction_high``) is
# wider still:

pooled = result.report.tables["meta_analysis"].set_index("measure")
assert pooled.loc["auc", "ci_low"] > 0.5
assert pooled.loc["auc", "prediction_low"] < pooled.loc["auc", "ci_low"]
pooled[["value", "ci_low", "ci_high", "prediction_low", "prediction_high", "i2"]].round(2)

# %%
# Order and risks part here too: the AUC holds in every cohort, while O/E scatters so much
# (``i2``, the share of the scatter that is no chance) that nothing can be said of the next cohort. With
# real cohorts one does not know why; that it was the laboratory, we know because we did it.

assert pooled.loc["observed_expected", "i2"] > 90 > pooled.loc["auc", "i2"]
