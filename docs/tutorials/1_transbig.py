"""
TRANSBIG from zero: load, look, audit, study
============================================

A whole analysis of a real cohort, from the first look to the answer: can 76 genes tell which
breast cancers metastasise within five years, and do they tell more than age, grade and size do?

The cohort comes with the package, so there is nothing to download. Your own tables take the place of it, as
``deepcme.read_table`` or ``deepcme.Cohort.from_frame`` read them.
"""

import tempfile
from pathlib import Path

import deepcme

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

cohort = deepcme.datasets.transbig()
cohort

# %%
# Look before you learn
# ---------------------
#
# 198 patients without an involved lymph node and without systemic treatment. The endpoint is a
# *time to an event*: 51 have a distant metastasis at some time, the others were followed until some
# time without one. They are *censored*: we do not know that they stay free of it.

assert (len(cohort), cohort.n_genes, cohort.n_positives) == (198, 76, 51)
cohort.obs[["age", "grade", "size_cm", "er"]].describe().round(1)

# %%
# The clinical columns stay beside the expression, by the same ids, so that nothing can slip against
# each other. Values of genes are on a log2 scale here.

cohort.to_frame().iloc[:4, :5].round(2)

# %%
# Audit
# -----
#
# What spoils published results most often can be checked before anything is learned: patients on both
# sides of a split, batches that go with the outcome, values scaled beforehand, too few events.

findings = deepcme.audit(cohort)
findings

# %%
# ``DCM005`` is serious: 35 events within five years are few, and no method makes more of them.
# The finding tells in advance how wide the intervals below will be. It also warns of a single
# split: there, a model whose true AUC is 0.75 can show almost anything from 0.53 to 0.97.

assert [finding.code for finding in findings] == ["DCM005", "DCM012"]
assert [finding.code for finding in findings.severe] == ["DCM005"]
findings.follow_up

# %%
# These two columns tell how long a patient was followed, so they *are* the outcome. A model that is
# given one of them as a clinical column looks very good, and is useless; ``run`` refuses them.
#
# A quick, honest study
# ---------------------
#
# Five folds: each patient is predicted by models that never saw that patient, and everything that
# learns (scaling, penalties, the networks' weights) is learned anew within each training part.
# Two models: an ensemble of five networks that learn the times by Cox's partial likelihood, and Cox
# regression with a ridge penalty, which a network has to beat to be worth it. Patients are divided
# once (``repeats=1``), to be quick; a study of yours leaves that out.

result = deepcme.run(
    cohort,
    models=["DeepCME-Cox-ensemble", "Cox-ridge"],
    clinical=["age", "grade", "size_cm"],
    repeats=1,
    out=work / "transbig",
    quiet=True,
)
result.report

# %%
# The verdict
# -----------
#
# The sentence is written by fixed rules from the tables of the report. Read the interval before
# the number:

found = result.report.tables["survival_discrimination"]
by_c = found[found["measure"] == "uno_c"].set_index("model")[["value", "ci_low", "ci_high"]]
by_c.round(2)

# %%
# A C-index of 0.5 is what chance gives, 1 a perfect order. The genes are above chance, just: the
# lower ends of both intervals lie little above 0.5. The network is no better than the regression.

ensemble, ridge = by_c.loc["DeepCME-Cox-ensemble"], by_c.loc["Cox-ridge"]
assert 0.6 < ensemble["value"] < 0.75 and ensemble["ci_low"] > 0.5
assert abs(ensemble["value"] - ridge["value"]) < 0.03
assert "no demonstrated gain" in result.report.verdict.sentence

# C-index of each model with its interval: genes by network and by ridge regression are near 0.7,
# age, grade and size near 0.55; all intervals are wide and most overlap.
deepcme.plots.forest(result)

# %%
# Do the genes add anything to age, grade and size? The difference is estimated on the same patients,
# which is far sharper than holding two intervals side by side, and its interval still reaches
# below zero: with 35 events, a gain of 0.09 cannot be told from none. That is what *no
# demonstrated gain* means. It does not mean that there is none.

added = result.report.tables["added_value"].query("comparator and measure == 'uno_c'").iloc[0]
assert added["ci_low"] < 0 < added["difference"]
print(f"{added['difference']:+.2f} ({added['ci_low']:+.2f} to {added['ci_high']:+.2f})")

# %%
# What does that mean for patients? They are divided into thirds by the risk that was predicted
# while they were held out:

# Share free of distant metastasis over the years, in thirds by predicted risk: the highest third
# falls fastest.
deepcme.plots.kaplan_meier(result)

# %%
# The lowest third does better; middle and highest are hardly apart, and their bands overlap from
# beginning to end. 198 patients are too few to promise any of them a risk by this.
#
# The genes
# ---------
#
# A gene's score says how strongly the first layer of the networks weighs it, on average over the
# folds; ``sd`` is its spread over them, and ``top_share`` the share of folds that have the gene among
# their first 30. (``deepcme explain gene-score`` says what else can be asked of a gene.)

genes = result.report.tables["genes"]
genes[["rank", "symbol", "score", "sd", "top_share"]].head(8).round(2)

# %%
# Be careful here. The scores of the first eight differ by less than their spread over the folds: the
# order is not established. And all 76 were chosen on other patients as genes that go with metastasis
# (the Rotterdam signature), so a high place among them says little about any one. No claim about a
# gene is made from this table alone; selection with control of false discoveries is a study of its
# own (``selection=True``).

first = genes.head(8)
assert first["score"].max() - first["score"].min() < first["sd"].max()

# %%
# What you would do next
# ----------------------
#
# * leave ``repeats=1`` out, and the models too: the default study has all of them;
# * read ``result.page``, the whole report in one file, whose checklist says what is missing for a
#   publication;
# * look for more events. ``deepcme.power`` says how many it takes:

plan = deepcme.power(cohort)
plan.table.iloc[:, :4].head()
