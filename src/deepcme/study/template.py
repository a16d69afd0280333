"""The commented study file that `deepcme init` writes."""

import tomli_w

STUDY_TEMPLATE = """\
# A deepcme study. Run it with:  deepcme run {file}
# Every line that starts with # shows a default; remove the # to change it.

# "honest": split by patient, every learned step fitted on the training part alone,
#           primary tumours only.
# "paper":  as Kim et al. 2023 did it: split by sample, standardised over all rows.
protocol = "honest"

# seed = 1

[cohort]
{cohort}

[split]
# repeats = 10
# train = 0.6
# validation = 0.2
# test = 0.2

[preprocessing]
# min_prevalence = 0.1   # drop genes expressed in fewer training samples (0: keep all)
# clip = 5.0             # largest absolute standardised value (inf: no limit)

[evaluation]
# metrics = ["auc", "pr_auc"]

[nulls]   # reruns of the first model where there is nothing special to find
# permutations = 0       # on permuted labels, splits and all
# gene_sets = 0          # on random gene sets of each size
# sizes = []             # genes of a set; without any, those of the signatures, or 30
# signatures = []        # files of one gene a line, each refitted beside sets of its size

[selection]
# run = false            # select genes: panels, decoys, stability, gene scores
# rankers = ["soft-path", "l1-logistic"]   # the first also meets decoys and half samples
# random_panels = 10     # of each size in each split
# pairs = 25             # complementary halves of the patients

[[models]]
name = "DeepCME"
# parameters = {{ hidden_layers = [64, 64, 64], batch_size = 32, penalty_strength = 100.0 }}

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

# A second network beside the first:
# [[models]]
# name = "DeepCME-128"
# estimator = "DeepCME"
# parameters = {{ hidden_layers = [128, 128, 128], batch_size = 64 }}
"""


def study_template(file: str, cohort: str | None) -> str:
    """The template for a study file named `file`; without a cohort, the TRANSBIG example."""
    if cohort is None:
        reference = 'example = "transbig"\n# path = "cohort.h5ad"'
    else:
        reference = tomli_w.dumps({"path": cohort}).strip()
    return STUDY_TEMPLATE.format(file=file, cohort=reference)
