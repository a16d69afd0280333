"""What the reference says of settings on which the file of `deepcme init` says too little.

That file's comments are of one kind of outcome, and of a setting under its first design.
"""

from __future__ import annotations

_STRATA = (
    "A column of the cohort within whose levels patients are spread over the parts and ranked; "
    '`"auto"` takes batches or cohorts of which two hold both classes; `"none"` is none.'
)
_BY = "Whether all samples of a patient are in one part, or each sample is drawn alone."
_DESIGN = "How the patients are split; it says which of these sections holds."

SAID = {
    ("", "protocol"): "`honest` fits every learned step on the training part alone; `paper` "
    "replays the publication as it was.",
    ("", "seed"): "Root of all randomness.",
    ("cohort", "path"): "The cohort's file, from the folder of the study file.",
    ("cohort", "example"): "The example that ships with the package, in place of a path.",
    (
        "survival",
        "horizon",
    ): "The time up to which the event is asked for, in the cohort's unit; "
    "without it the cohort's own, if it has one.",
    (
        "survival",
        "censoring",
    ): "Clinical columns that censoring depends on; without any it goes by Kaplan-Meier.",
    ("split", "design"): _DESIGN,
    ("split", "by"): _BY,
    ("split", "strata"): _STRATA,
    ("split folds", "folds"): "How many; fewer where a class has fewer patients.",
    ("split folds", "repeats"): "How often everyone is tested; without it 2, or 4 under 150 "
    "patients.",
    ("split folds", "validation"): "Share of the patients outside the test part that validate.",
    ("split repeated", "repeats"): "How many splits are drawn.",
    ("split repeated", "train"): "Share of the patients that train; the three shares sum to 1.",
    ("split repeated", "validation"): "Share of the patients that validate.",
    ("split repeated", "test"): "Share of the patients that test.",
    ("split nested", "repeats"): "How often everyone is tested.",
    ("split nested", "folds"): "How many outer folds; what is tuned is chosen on the others.",
    ("split leave-one-cohort-out", "repeats"): "How often the validation part is drawn anew.",
    ("split leave-one-cohort-out", "validation"): "Share of the other cohorts that validates.",
    ("split leave-one-cohort-out", "cohort_column"): "The column that says whose a patient is.",
    ("preprocessing", "tissue"): "Primary tumours alone, or all tissue.",
    ("preprocessing", "fit_on"): "Whether standardisation is fitted on what the model learns "
    "from, or on all rows, those of the test part too.",
    ("grid", "search"): "Which search over the publication's hyper-parameters is run.",
    ("nulls", "permutations"): "Reruns on permuted outcomes, splits and all; without a number "
    "20 where gene sets or signatures are asked for.",
    (
        "nulls",
        "gene_sets",
    ): "Reruns on random gene sets of each size; without a number 20 where "
    "signatures are asked for.",
    ("clinical", "columns"): "Columns of the cohort, such as age and grade.",
    ("clinical", "genes"): "The model that stands for the genes.",
    ("clinical", "missing"): "`fill` puts the median, or the most frequent word, in place of a "
    "missing value; `indicator` adds a column that says where one was missing.",
    ("also", "cohorts"): "Files of other cohorts.",
    ("gene_sets", "fewest"): "The fewest measured genes of a set that is tested.",
    ("gene_sets", "most"): "The most measured genes of a set that is tested.",
    ("decisions", "thresholds"): "Risks at which one would act; the lowest and the highest are "
    "the ends of the range that makes sense.",
    ("models", "name"): "What it is called in tables; without an estimator it is that, too.",
    ("models", "estimator"): "Which model it is; without one that of its name.",
    ("models", "parameters"): "What differs from the model's own defaults.",
    ("comparator", "model"): "Another of the study's models, which that of the verdict is "
    "compared with.",
    ("comparator", "size"): "The column of the tumour's size, where its name does not tell.",
    (
        "comparator",
        "nodes",
    ): "The column of positive lymph nodes, where its name does not tell; "
    '`"negative"` states that nobody has one.',
    ("comparator", "grade"): "The column of the grade, where its name does not tell.",
}
"""By section, or section and design, and name."""

DEFAULTS = {
    ("cohort", "path"): "none; a path or an example must be given",
    ("cohort", "example"): "none; a path or an example must be given",
    ("survival", "horizon"): "the cohort's",
    ("split folds", "repeats"): "2, or 4 under 150 patients",
    ("models", "estimator"): "the name",
    ("comparator", "model"): "the first baseline that is fitted on training and validation "
    "part, such as `LR-tuned`",
    ("split", "design"): '`"folds"`; of the protocol `paper` `"repeated"`',
    ("clinical", "columns"): "must be given",
}
"""What holds without a setting, where it is no plain value."""
