"""
Gallery of figures, and how to read each
========================================

Every chart that a report can have, drawn of small invented cohorts (and TRANSBIG). Each is a function
of ``deepcme.plots`` that takes what ``deepcme.run`` returned, or the folder of a study; it can be
changed (``.chart`` is Altair's), and saved with ``.save("figure.pdf")``, ``.svg`` or ``.png``. What is
drawn is ``.frame()``. ``deepcme report FOLDER --figures journal`` writes them all as journals print them.

The charts show what figures look like. The cohorts are too small for anything else.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import deepcme

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

simulated = deepcme.simulate(
    samples=200,
    genes=60,
    events=80,
    signal_genes=24,
    module_size=5,
    effect=0.5,
    batches=1,
    repeated_samples=0,
    rare_genes=0,
)
X = simulated.to_frame()
age = np.random.default_rng(1).normal(58, 10, 200).round()
table = pd.DataFrame({"relapse": simulated.labels, "age": age}, X.index)


def part(rows, name):
    return deepcme.Cohort.from_frame(
        X[rows], table[rows], label="relapse", scale="fpkm", name=name
    )


cohort = part(slice(0, 120), "invented")
part(slice(120, 200), "other").save(work / "other.h5ad")

effect = simulated.adata.var["effect"].to_numpy()
chosen = {"higher": effect > 0, "lower": effect < 0, "others": effect == 0}
lines = [[name, "", *X.columns[genes]] for name, genes in chosen.items()]
sets = work / "sets.gmt"
_ = sets.write_text("\n".join("\t".join(line) for line in lines) + "\n")

# %%
# A study of yes or no
# --------------------

study = deepcme.run(
    cohort,
    clinical=["age"],
    subgroups=["age"],
    quick=True,  # two models; a study of yours leaves it out
    repeats=2,
    out=work / "study",
    quiet=True,
)

# %%
# forest
# ~~~~~~
#
# Every model with its 95% interval, and 0.5 for chance. Compare models by ``comparison``, not
# by whether these intervals overlap: all are of the same patients.

# An interval for each model.
deepcme.plots.forest(study)

# %%
# roc
# ~~~
#
# Sensitivity over the rate of false positives, averaged over the splits; the diagonal is
# chance. Where one would act is a point on the curve, not the whole of it.

# ROC curves of the models above the diagonal.
deepcme.plots.roc(study)

# %%
# precision_recall
# ~~~~~~~~~~~~~~~~
#
# Precision over recall. Chance is not 0.5 but the share of events, so curves of cohorts with
# other shares cannot be compared.

# Curves of precision over recall.
deepcme.plots.precision_recall(study)

# %%
# auc_by_split
# ~~~~~~~~~~~~
#
# The AUC on each test part: how far a single split can lead astray.

# Points of the AUC of each model on each split.
deepcme.plots.auc_by_split(study)

# %%
# comparison
# ~~~~~~~~~~
#
# Differences to the model that the study is about, on the same patients, with intervals. One
# that reaches across 0 shows neither a gain nor that there is none.

# Differences in AUC with intervals.
deepcme.plots.comparison(study)

# %%
# added_value
# ~~~~~~~~~~~
#
# What genes add to clinical columns: the difference between both together and the columns
# alone. This, not the AUC of the genes, answers whether they are worth measuring.

# Differences in AUC to clinical columns with intervals.
deepcme.plots.added_value(study)

# %%
# decision_curve
# ~~~~~~~~~~~~~~
#
# Net benefit of acting on the predicted risk, by the risk from which one would act; beside it
# to treat all and to treat none. A model helps where its curve is above both.

# Net benefit over thresholds.
deepcme.plots.decision_curve(study)

# %%
# prediction_stability
# ~~~~~~~~~~~~~~~~~~~~
#
# The risk of each patient over the repeats: long lines are patients whose risk depends on the
# split.

# Predicted risks of each patient over repeats.
deepcme.plots.prediction_stability(study)

# %%
# subgroups
# ~~~~~~~~~
#
# The model in groups of patients. Groups are small: look for large differences that were
# expected beforehand, and at the test of interaction.

# The AUC in groups of patients with intervals.
deepcme.plots.subgroups(study)

# %%
# With networks, and gene sets
# ----------------------------

networks = deepcme.run(
    cohort, models=["DeepCME"], gene_sets=sets, repeats=1, out=work / "networks", quiet=True
)

# %%
# genes
# ~~~~~
#
# The genes of highest score, with its spread over the folds, and whether high values go with
# high risk. A rank, not a test.

# Scores of the first genes.
deepcme.plots.genes(networks)

# %%
# genes_alone
# ~~~~~~~~~~~
#
# The same genes, each by itself: a gene that scores high and shows nothing alone works only
# with others, or is noise.

# Each of the first genes by itself.
deepcme.plots.genes_alone(networks)

# %%
# heat_map
# ~~~~~~~~
#
# Expression of these genes, patients ordered by outcome: does a pattern come from many
# patients, or from a few?

# A heat map of the first genes by outcome.
deepcme.plots.heat_map(networks)

# %%
# gene_sets
# ~~~~~~~~~
#
# Gene sets by how they go with the outcome, with false discovery rates.

# Gene sets with their enrichment scores.
deepcme.plots.gene_sets(networks)

# %%
# running_sums
# ~~~~~~~~~~~~
#
# Walks down the ranking of genes: up at a gene of the set, down at another. A peak near an end
# means that the set gathers there.

# Running sums of gene sets.
deepcme.plots.running_sums(networks)

# %%
# training_curves
# ~~~~~~~~~~~~~~~
#
# Losses over the epochs. That on the validation part tells when to stop; one that rises while
# the other falls is overfitting.

# Losses over the epochs.
deepcme.plots.training_curves(networks)

# %%
# With what is run again, other patients, and panels
# --------------------------------------------------

reruns = deepcme.run(
    cohort,
    models=["LR"],
    permutations=10,  # a study of yours: 50 and more
    instability=50,  # 200 is usual
    also=work / "other.h5ad",
    selection=True,
    repeats=1,
    out=work / "reruns",
    quiet=True,
)

# %%
# nulls
# ~~~~~
#
# The same model where there is nothing to find, outcomes permuted: the model must lie outside
# of what those reach.

# The AUC of the model beside those of permuted outcomes.
deepcme.plots.nulls(reruns)

# %%
# prediction_instability
# ~~~~~~~~~~~~~~~~~~~~~~
#
# Risks of models developed again on resampled patients, over those of the model. The wider the
# cloud, the less a single risk may be trusted.

# Risks of resampled models over the model's risks.
deepcme.plots.prediction_instability(reruns)

# %%
# calibration_instability
# ~~~~~~~~~~~~~~~~~~~~~~~
#
# The calibration curves of these models.

# Calibration curves of resampled models.
deepcme.plots.calibration_instability(reruns)

# %%
# classification_instability
# ~~~~~~~~~~~~~~~~~~~~~~~~~~
#
# How often these models call a patient otherwise, by the patient's risk: highest near the
# threshold.

# Share of resampled models that call a patient otherwise.
deepcme.plots.classification_instability(reruns)

# %%
# mean_absolute_error
# ~~~~~~~~~~~~~~~~~~~
#
# The mean distance of a patient's risk from that of the model.

# Mean distance of resampled risks by patient.
deepcme.plots.mean_absolute_error(reruns)

# %%
# with_others
# ~~~~~~~~~~~
#
# The model with and without another cohort's patients in its training part, tested on the same
# patients.

# The model with and without other patients.
deepcme.plots.with_others(reruns)

# %%
# panel_curve
# ~~~~~~~~~~~
#
# Performance over the number of genes, each chosen within the training part: look for where it
# stops rising.

# Performance over the number of genes.
deepcme.plots.panel_curve(reruns)

# %%
# Times to an event
# -----------------

times = deepcme.run(
    deepcme.datasets.transbig(),
    models=["Cox-ridge"],
    repeats=1,
    out=work / "times",
    quiet=True,
)

# %%
# discrimination
# ~~~~~~~~~~~~~~
#
# *C*, and the AUC by the horizon, of every model of times.

# C-indices with intervals.
deepcme.plots.discrimination(times)

# %%
# kaplan_meier
# ~~~~~~~~~~~~
#
# Patients in thirds by the risk predicted while held out. Curves that part are not yet good
# risks: see ``calibration``.

# Share free of the event over time by third of risk.
deepcme.plots.kaplan_meier(times)

# %%
# auc_over_time
# ~~~~~~~~~~~~~
#
# The AUC by each time: does the model tell early events or late ones?

# AUC over time.
deepcme.plots.auc_over_time(times)

# %%
# calibration
# ~~~~~~~~~~~
#
# Observed over predicted risk in groups; on the diagonal risks are true on average. Few groups
# with wide bars show little.

# Observed over predicted risk.
deepcme.plots.calibration(times)

# %%
# beside_clinic
# ~~~~~~~~~~~~~
#
# The model beside published signatures and clinical indices, which were not trained here.

# The model beside signatures and indices with intervals.
deepcme.plots.beside_clinic(times)

# %%
# Several cohorts
# ---------------

merged = table.assign(cohort=["A", "B", "C", "D"] * 50)
cohorts = deepcme.run(
    deepcme.Cohort.from_frame(X, merged, label="relapse", scale="fpkm", name="merged"),
    models=["LR"],
    design="leave-one-cohort-out",
    out=work / "cohorts",
    quiet=True,
)

# %%
# meta_analysis
# ~~~~~~~~~~~~~
#
# Each cohort while it was left out, all together (the diamond), and where a new one would lie
# (the dashed line).

# AUC in each left-out cohort, pooled, and of a new cohort.
deepcme.plots.meta_analysis(cohorts)

# %%

drawn = {
    name
    for result in (study, networks, reruns, times, cohorts)
    for name in result.report.charts
}
assert len(drawn) == 28
by_set = networks.report.tables["gene_sets"].set_index("set")
assert by_set["claimed"].loc[["higher", "others"]].tolist() == [True, False]
