r"""
A GEO series: from its files to a checked cohort
================================================

A series of the Gene Expression Omnibus comes as a *series matrix*, a text file of patients and
values, and a *platform table*, which says what gene a probe measures. ``deepcme fetch geo GSE...``
gets both. Here we write them ourselves, in the same format and with the troubles that real ones
have, so that you see what is in them and what becomes of it: the truth is known.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import deepcme

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

# %%
# The files
# ---------
#
# 60 patients, four of whom gave a second sample; 40 probes. The first five genes are higher in
# tumours that relapse. Where the relapse is unknown the cell says ``NA``.

random = np.random.default_rng(7)
patients = [f"P{number:02d}" for number in range(60)]
patients += patients[:4]  # four with a second sample
relapse = np.where(np.arange(60) % 3 == 0, "yes", "no").astype(object)
relapse[[10, 20]] = "NA"
relapse = np.append(relapse, relapse[:4])

genes = ["TP53", "ESR1", "ERBB2", "MKI67", "AURKA", "GATA3", "FOXA1", "BRCA1", "PTEN", "RB1"]
genes += ["EGFR", "MYC", "CCND1", "CDK4", "KRT5", "KRT8", "KRT18", "VIM", "CDH1", "ACTB"]
probes = pd.DataFrame({"ID": [f"{200_000 + i}_at" for i in range(40)]})
probes["Gene Symbol"] = genes + genes[:15] + ["GAPDH /// GAPDHP1", "", "---", "TFRC", "GUSB"]

X = random.normal(8, 1, size=(40, 64))
X[:5, relapse == "yes"] += 1.2

# %%
# Each row of the matrix file is a probe and each column a sample. Above the table, lines that start
# with ``!Sample_`` have one cell a sample; those called ``characteristics`` hold ``key: value``, and
# it is the submitter who chose the keys.


def line(name, cells):
    return "\t".join([name, *(f'"{cell}"' for cell in cells)])


samples = [f"GSM{100 + i}" for i in range(64)]
characteristics = "!Sample_characteristics_ch1"
ages = random.integers(34, 80, size=60)[[int(patient[1:]) for patient in patients]]
header = [
    line("!Series_geo_accession", ["GSE1"]),
    line("!Sample_title", [f"tumour {i}" for i in range(64)]),
    line("!Sample_geo_accession", samples),
    line("!Sample_platform_id", ["GPL1"] * 64),
    line(characteristics, [f"patient: {patient}" for patient in patients]),
    line(characteristics, [f"age: {age}" for age in ages]),
    line(characteristics, [f"relapse: {said}" for said in relapse]),
]
rows = [
    "\t".join([f'"{probe}"', *(f"{value:.4f}" for value in values)])
    for probe, values in zip(probes["ID"], X, strict=True)
]
table = ["!series_matrix_table_begin", line('"ID_REF"', samples), *rows]
series = work / "GSE1_series_matrix.txt"
series.write_text("\n".join([*header, *table, "!series_matrix_table_end", ""]))
platform = work / "GPL1.txt"
probes.to_csv(platform, sep="\t", index=False)

print("\n".join(said[:76] for said in series.read_text().splitlines()[:9]))

# %%
# Read it
# -------
#
# The endpoint is a characteristic, named by its key; so is the patient. **Name the patient.** Without
# it, the two samples of one patient count as two, one may be learned from while the other is tested,
# and the result looks better than it is.

cohort = deepcme.read_geo(series, platform_table=platform, label="relapse", patient="patient")
cohort

# %%
# What was done on the way stays with the cohort, and in every report of it:

for note in cohort.notes:
    print("-", note)

# %%
# Check these against what you know. Here we know everything: two patients without a known relapse
# were left out, never counted as *no*; 62 samples of 58 patients stay; the 15 genes with two probes
# have one row each, the three rows without one gene are gone.

assert (len(cohort), cohort.obs["patient"].nunique(), cohort.n_genes) == (62, 58, 22)
assert cohort.n_positives == 20 + 2  # P00 and P03 have two samples each
assert cohort.scale == "log2"
cohort.flow

# %%
# If a wrong key is given, the error lists those that there are:

try:
    deepcme.read_geo(series, platform_table=platform, label="recurrence")
except deepcme.DeepCMEError as error:
    print(error)
else:
    raise AssertionError("a key that is not there was taken")

# %%
# Several samples of one patient
# ------------------------------
#
# Keeping both is fine: splits go by patient. If every patient is to count once, say so:

single = deepcme.read_geo(
    series,
    platform_table=platform,
    label="relapse",
    patient="patient",
    one_per_patient=True,
)
assert len(single) == single.obs["patient"].nunique() == 58

# %%
# Audit, and keep
# ---------------
#
# The audit does not know that we invented this; it says what it would say of a series of yours: 20
# events among 58 patients are too few to learn much from.

findings = deepcme.audit(single)
assert "DCM005" in [finding.code for finding in findings.severe]
findings

# %%
# A cohort is one file, an ``.h5ad`` of AnnData, which scanpy opens as well. The commands take it:
# ``deepcme run cohort.h5ad``.

single.save(work / "cohort.h5ad")
again = deepcme.Cohort.load(work / "cohort.h5ad")
assert again.fingerprint == single.fingerprint

# %%
# Does it find what we planted?
# -----------------------------
#
# The effect is large (1.2 standard deviations), so a regression with a penalty finds it even here.

result = deepcme.run(again, models=["LR-tuned"], repeats=2, out=work / "study", quiet=True)
found = result.report.tables["discrimination"].set_index("model").loc["LR-tuned"]
assert found["ci_low"] > 0.6
print(f"AUC {found['auc']:.2f} ({found['ci_low']:.2f} to {found['ci_high']:.2f})")

# %%
# Each gene alone, by Welch's t test, as a check of the eyes; nothing may be selected by it and then
# tested on the same patients:

values, labels = single.to_frame(), single.labels
t = (values[labels == 1].mean() - values[labels == 0].mean()) / np.sqrt(
    values[labels == 1].var() / (labels == 1).sum()
    + values[labels == 0].var() / (labels == 0).sum()
)
t.index = single.symbols
first = t.abs().sort_values(ascending=False).head(5)
planted = set(first.index) & set(genes[:5])
assert len(planted) >= 4
first.round(1)
