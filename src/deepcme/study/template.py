"""The commented study file that `deepcme init` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from deepcme.study.older import SETTINGS_VERSION
from deepcme.study.times import with_times_of_cohort

STUDY_TEMPLATE = """\
# A deepcme study. Run it with:  deepcme run {file}
# Every line that starts with # shows a default; remove the # to change it.

settings_version = {version}   # whose defaults hold: a later deepcme reads this file alike

# "honest": split by patient, every learned step fitted on the training part alone,
#           primary tumours only.
# "paper":  as Kim et al. 2023 did it: split by sample, standardised over all rows.
protocol = "honest"

# seed = 1

[cohort]
{cohort}
# leave_out_censored = false   # of times to an event: ask who had it by the horizon, yes or no,
                               # of those alone of whom it is known

# Times to an event, where the cohort has them (deepcme prepare --time --event):
{survival}

[split]
# design = "folds"       # each fold is the test part once a repeat, so that everyone is tested
# folds = 5              # fewer where a class has fewer patients
# repeats = 2            # 4 under 150 patients
# validation = 0.25      # share of the patients outside the test part
# strata = "auto"        # any design: the column of batches or cohorts to rank patients within,
                         # if two of its levels hold both classes; or its name; or "none"

# Random splits instead, as the paper has them; some patients are never tested.
# design = "repeated"
# repeats = 10
# train = 0.6
# validation = 0.2
# test = 0.2

# Nested repeated folds instead, for a study that tunes: each fold is the test part once a
# repeat, and what is tuned is chosen on the others.
# design = "nested"
# folds = 5
# repeats = 2

# Or one cohort left out at a time, of a file that holds several (deepcme prepare merge).
# design = "leave-one-cohort-out"
# cohort_column = "cohort"
# validation = 0.25      # share of the other cohorts
# repeats = 2            # the validation part is drawn anew

# The verdict is on the first {headline},
# beside one model and one published signature, both named before anything is fitted.
# Signatures are scored as published and nothing of them is trained; the protocol paper has
# none unless they are named.
[comparator]
# model = "{comparator}"    # without it the first {other} below
# signature = "auto"     # of the verdict: genomic-grade-index, or else proliferation, if the
                         # cohort has 80% of its genes; or a name; or "none"
# signatures = "auto"    # all published for breast cancer; or names; or "none"
# files = []             # your own: CSV files of gene and weight
# clinical_index = "auto"   # the Nottingham index, where its columns are there; or "none"
# size = ""              # the columns that it is made of, where their names do not tell
# nodes = ""             # "negative" where nobody has a positive lymph node
# grade = ""

[preprocessing]
# min_prevalence = 0.1   # drop genes expressed in fewer training samples (0: keep all)
# clip = 5.0             # largest absolute standardised value (inf: no limit)

[nulls]   # reruns of the model that the study is about where there is nothing special to find
# permutations = 0       # on permuted {permuted}, splits and all
# gene_sets = 0          # on random gene sets of each size
# sizes = []             # genes of a set; without any, those of the signatures, or 30
# signatures = []        # files of one gene a line, each refitted beside sets of its size

[instability]   # a model developed again on bootstrap samples of the patients
# refits = 0             # how many samples; 200 is usual
# model = ""             # which of the models; else that of the verdict, or the comparator
                         # if that is a network or a committee

# What do the genes add to clinical columns of the cohort?
# [clinical]
# columns = ["age", "grade"]
# genes = {genes}
# missing = "fill"       # median, most frequent word; "indicator" adds a column that says where
# permutations = 0       # reruns of the gene model with the patients' expression permuted

# Other cohorts, whose patients some models learn from as well and nobody is tested on:
# [also]
# cohorts = ["other.h5ad"]
# models = []            # which of the models; else that of the verdict and the comparator

[selection]
# run = false            # select genes: panels, decoys, stability, gene scores
# rankers = ["soft-path", {ranker}]   # the first also meets decoys and half samples
# random_panels = 10     # of each size in each split
# pairs = 25             # complementary halves of the patients

[gene_sets]   # sets of genes in the ranking of genes; a change refits nothing
# files = []             # GMT: a set a line, its name, a description and its genes
# fewest = 10            # measured genes of a set that is tested,
# most = 500             # and the most

[decisions]   # of the report alone: a change refits nothing
# thresholds = [0.05, 0.1, 0.2, 0.3]   # risks one would act at; lowest to highest makes sense
# specificities = [0.8, 0.9]           # at which the sensitivity is told

[subgroups]   # of the report alone, but named before there are results they count as planned
# columns = "auto"       # receptors, age, grade, nodes, centre and others; or ["er", "age"]

{models}
# A second network beside the first:
# [[models]]
# name = "DeepCME-128"
# estimator = "DeepCME"
# parameters = {{ hidden_layers = [128, 128, 128], batch_size = 64 }}
"""


_MODELS = """\
[[models]]
name = "Committee"   # the mean of what unlike models say, with equal weights
# parameters = { members = ["DeepCME-ensemble", "LR-tuned", "SVC-linear", "RF"], n_folds = 3 }

[[models]]
name = "DeepCME"
# parameters = { hidden_layers = [64, 64, 64], batch_size = 32, penalty_strength = 100.0 }

[[models]]
name = "DeepCME-ensemble"   # five such networks, each holding out a fifth of the patients

[[models]]
name = "LR"

[[models]]
name = "SVC"

[[models]]
name = "RF"

[[models]]
name = "DT"

[[models]]
name = "KNN"

[[models]]
name = "LR-tuned"   # L2 strength chosen on the validation part
"""

_MODELS_OF_TIMES = """\
[[models]]
name = "DeepCME-Cox-ensemble"   # five networks that each hold out a fifth of the patients
# parameters = { hidden_layers = [64, 64, 64], dropout = 0.7, n_networks = 5 }

[[models]]
name = "Cox-ridge"
# parameters = { penalties = [0.1, 1.0], n_folds = 5 }

[[models]]
name = "Cox-lasso"     # of a few genes, which the penalty chooses

[[models]]
name = "Cox-top-200"   # Cox ridge of the genes that alone go most strongly with the hazard
# parameters = { n_genes = 200 }
"""

_MODELS_AT_HORIZON = """
# Of the event by the horizon, yes or no: who was followed so long stands for who was not.
[[models]]
name = "DeepCME-ensemble"   # five networks, each holding out a fifth of the patients

[[models]]
name = "DeepCME"
# parameters = { hidden_layers = [64, 64, 64], batch_size = 32, penalty_strength = 100.0 }

[[models]]
name = "LR-tuned"   # L2 strength chosen on the validation part
"""


_SURVIVAL = """\
[survival]
{horizon}
# censoring = []         # clinical columns that censoring depends on; none: Kaplan-Meier"""

_OF_LABELS = {
    "headline": "Committee, or else DeepCME-ensemble (paper: DeepCME)",
    "comparator": "LR-tuned",
    "other": "baseline",
    "models": _MODELS,
    "genes": '"DeepCME-ensemble"   # stands for the genes (or "LR-tuned")',
    "permuted": "labels",
    "ranker": '"l1-logistic"',
}
_OF_TIMES = {
    "headline": "Cox-committee, or else DeepCME-Cox-ensemble",
    "comparator": "Cox-ridge",
    "other": "Cox model",
    "genes": '"Cox-ridge"    # stands for the genes (or "Cox-top-200")',
    "permuted": "times and events",
    "ranker": '"cox-lasso"',
}


def study_template(file: str, cohort: str | None) -> str:
    """The template for a study file named `file`; without a cohort, the TRANSBIG example."""
    if cohort is None:
        reference = 'example = "transbig"\n# path = "cohort.h5ad"'
    else:
        reference = tomli_w.dumps({"path": cohort}).strip()
    named = {"example": "transbig"} if cohort is None else {"path": cohort}
    survival = with_times_of_cohort({"cohort": named}, Path()).get("survival")
    return STUDY_TEMPLATE.format(
        file=file, version=SETTINGS_VERSION, cohort=reference, **_fit_to_outcome(survival)
    )


def _fit_to_outcome(survival: dict[str, Any] | None) -> dict[str, str]:
    """What of the template depends on the kind of outcome."""
    if survival is None:
        section = _SURVIVAL.format(
            horizon="# horizon = 5.0          # up to which it is asked for"
        )
        return {**_OF_LABELS, "survival": section.replace("[survival]", "# [survival]")}
    horizon = survival.get("horizon")
    line = "# horizon = 5.0          # none is known: up to which time it is asked for"
    models = _MODELS_OF_TIMES
    if horizon is not None:
        line = f"# horizon = {horizon}      # up to which it is asked for: the cohort's"
        models += _MODELS_AT_HORIZON
    return {
        **_OF_TIMES,
        "models": models,
        "survival": _SURVIVAL.format(horizon=line),
    }
