"""
Time to an event, with clinical columns
=======================================

Patients are followed for different times, and most studies end before most patients have the event.
To call those *no* is wrong, to leave them out is wrong too: both change the share of events. Here the
times are learned as they are, and we ask what genes add to what the clinic knows already.

The cohort is invented, so that the answer is known: the hazard depends on ten genes and, more, on
the number of involved nodes.
"""

import tempfile
from pathlib import Path

import numpy as np

import deepcme

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

simulated = deepcme.simulate(
    samples=300,
    genes=120,
    signal_genes=10,
    module_size=5,
    effect=0.35,
    horizon=5,
    time_unit="years",
    risk=0.35,
    censored=0.2,
    repeated_samples=0,
    batches=1,
    seed=3,
)

# %%
# Clinical columns
# ----------------
#
# Simulated patients have none, so we make three: ``nodes`` shortens the time, ``grade`` and ``age``
# do nothing. A table of yours has them already.

random = np.random.default_rng(3)
obs = simulated.obs[["time", "event"]].copy()
obs["nodes"] = random.poisson(2, size=len(obs))
obs["grade"] = random.integers(1, 4, size=len(obs))
obs["age"] = random.normal(58, 10, size=len(obs)).round()
obs["years"] = (obs.pop("time") * np.exp(-0.25 * (obs["nodes"] - 2))).clip(0.05, 12)
obs["relapse"] = obs.pop("event")
cohort = deepcme.Cohort.from_frame(
    simulated.to_frame(),
    obs,
    time="years",
    event="relapse",
    time_unit="years",
    horizon=5,
    scale="fpkm",
    name="invented",
)
cohort

# %%
# The horizon
# -----------
#
# A hazard ratio alone helps no patient. Name a time, the *horizon*, by which the risk is asked for,
# before you see results; and one to which enough patients are followed. The audit says how many
# are lost before it, and what a model of yes and no would make of that.

findings = deepcme.audit(cohort)
censored = next(finding for finding in findings if finding.code == "DCM012")
print(censored.evidence)

# %%
# The study
# ---------
#
# ``Cox-ridge`` shrinks the coefficients of all genes together; ``Cox-top-200`` does so with the 200
# genes that are best alone (here that is all of them). With clinical columns there are also the Cox regression on these
# alone, and one on these and the genes' prediction together, made within the training part.

result = deepcme.run(
    cohort,
    models=["Cox-ridge", "Cox-top-200"],
    clinical=["nodes", "grade", "age"],
    repeats=2,
    out=work / "times",
    quiet=True,
)
print(result.report.verdict.sentence)

# %%
c = result.report.tables["survival_discrimination"].query("measure == 'uno_c'")
c = c.set_index("model")[["value", "ci_low", "ci_high"]]
c.round(2)

# %%
# *C* is the chance that of two patients the one who relapses first had the higher predicted risk
# (Uno's, weighted for those who are censored). Genes tell something, nodes too, and both together
# more than either.

assert c.loc["clinical + genes", "value"] > c.loc["clinical", "value"] > 0.55
assert c.loc["clinical + genes", "value"] > c.loc["Cox-ridge", "value"] > 0.55

# C-index of the Cox models of genes, of the clinical columns, and of both; both together are highest.
deepcme.plots.forest(result)

# %%
# What genes add
# --------------
#
# The question is not whether genes predict, but whether they predict what nodes, grade and age do
# not. That is one number, a difference on the same patients, with an interval:

added = result.report.tables["added_value"].query("comparator and measure == 'uno_c'").iloc[0]
assert added["ci_low"] > 0
print(f"{added['difference']:+.3f} ({added['ci_low']:+.3f} to {added['ci_high']:+.3f})")

# %%
# The interval lies above zero: the genes add to these columns. Now for the columns themselves, in one
# Cox regression. We made ``nodes`` shorten the time, and the two others do nothing:

ratios = result.report.tables["clinical_hazard_ratios"].set_index("column")
assert ratios.loc["nodes", "ci_low"] > 1 > ratios.loc["grade", "ci_low"]
ratios[["hazard_ratio", "ci_low", "ci_high"]].round(2)

# %%
# Curves
# ------
#
# Three groups by the risk that was predicted while a patient was held out. They are no test of the
# model: any order that is better than chance separates groups, and thirds of 300 patients look
# convincing early. What counts is the risk by the horizon in each, with its interval.

# Share with a relapse over the years, in thirds by predicted risk: the highest third rises fastest.
deepcme.plots.kaplan_meier(result)

# %%
risks = result.report.tables["group_risks"]
assert risks["risk"].is_monotonic_increasing  # lowest, middle, highest third
risks[["group", "n", "events", "risk", "ci_low", "ci_high"]].round(2)

# %%
# Are the risks true, not only in the right order? *Calibration* holds what was predicted against
# what came:

# Observed risk by five years over predicted risk: the points lie about the diagonal.
deepcme.plots.calibration(result)

# %%
# What is too small here
# ----------------------
#
# 300 patients and 99 events by the horizon are more than many published studies have. Still, the
# interval of the gain is about as wide as the gain itself: it could be a third of what was found, or half
# as much again. With 240 of such patients divided once it reached below zero. ``deepcme.power``
# says how many events a precision takes.

assert 0.5 < (added["ci_high"] - added["ci_low"]) / added["difference"] < 1.5
