"""
From a panel to a card
======================

A test that a laboratory can run has few genes. Here a panel of twelve is made, used on new patients
one of whom lacks a gene, described on a card with a calculator, and written so that it can be used
without deepcme. The cohort is simulated, with ten genes that matter among 200.

All of this is for research: nothing here is a medical device, and the card says so too.
"""

import tempfile
from pathlib import Path

import deepcme

folder = tempfile.TemporaryDirectory()  # in place of a folder of yours
work = Path(folder.name)

cohort = deepcme.simulate(
    samples=300,
    genes=200,
    events=110,
    signal_genes=10,
    module_size=5,
    effect=0.45,
    rare_genes=0,
    batches=1,
    repeated_samples=0,
    seed=11,
)
known, new = cohort[:220], cohort[220:]
truth = set(cohort.adata.var.index[cohort.adata.var["signal"]])

# %%
# Train
# -----
#
# ``panel=12`` ranks the genes, takes the first twelve and refits on them. Whoever chooses genes on all
# patients and then cross-validates the chosen ones sees a good AUC in pure noise. So the choice is part
# of what is cross-validated: what the model promises is the AUC of *the whole way*.

panel = deepcme.train(known, panel=12, repeats=1, quiet=True)
panel

# %%
# The genes
# ---------
#
# Most of the twelve are among the ten that matter; some only go along with them, or got in by chance.
# A panel predicts; it is no list of causes.

coefficients = panel.coefficients()
chosen = coefficients[coefficients["role"] == "panel"]
found = truth & set(chosen.index)
assert len(chosen) == 12 and 8 <= len(found) <= 10
print(f"{len(found)} of the 12 genes are among the {len(truth)} that matter")
chosen[["coefficient_per_sd", "odds_ratio", "ci_low", "ci_high"]].round(2)

# %%
# New patients
# ------------
#
# They were not among those it learned from. A table needs the panel's genes and no other.

samples = new.to_frame()[list(chosen.index)]
predicted = panel.predict(samples, scale="fpkm").frame()
predicted.iloc[:4][["probability", "ci_low", "ci_high", "place"]].round(2)

# %%
# The interval is how much the risk moves when the training patients are drawn again, with the genes
# as they are: it is too narrow for all that can go wrong, and no range of what may happen to a patient.
#
# A missing gene
# --------------
#
# The most important gene of the first patient did not work. Filled with a mean, it would give a
# number that looks like a risk. A panel tells a range instead: the lowest and the highest risk
# that this patient can have, wherever in the training range that gene is.

lacking = samples.iloc[:1].copy()
strongest = chosen["coefficient_per_sd"].abs().idxmax()
lacking[strongest] = float("nan")
row = panel.predict(lacking, scale="fpkm").frame().iloc[0]
whole = predicted.iloc[0]
assert row.isna()["probability"]
assert row["lowest"] <= whole["probability"] <= row["highest"]
print(f"without {strongest}: {row['lowest']:.0%} to {row['highest']:.0%}")

# %%
# Keep it, and check it on new patients
# -------------------------------------
#
# ``save`` writes the model into a new folder, with its card beside it. What is checked is that saved
# model, and the results name its checksum: nobody can show the check of one model with another.

panel.save(work / "panel")
validation = deepcme.validate(work / "panel", new, out=work / "validation")
external = validation.tables["external_auc"].iloc[0]
assert external["ci_low"] > 0.5
print(f"AUC {external['value']:.2f} ({external['ci_low']:.2f} to {external['ci_high']:.2f})")

# %%
# The card
# --------
#
# It says what the model is, whom it was learned from and what to expect. Written anew, it has the
# validation as well, and what no file can know: what it is meant for.

card = deepcme.card(
    work / "panel",
    work / "card.html",
    validations=[work / "validation"],
    answers={"intended_use": "To learn how a card looks. Invented patients."},
)
assert "Invented patients" in card.read_text("utf-8")
sorted(path.name for path in (work / "panel").iterdir())

# %%
# The page opens offline and has a calculator: twelve values in, a risk with its interval out, computed
# in the browser, without a server. It was held against the model when it was written.
#
# Without deepcme
# ---------------
#
# The formula in words, with an example that is computed step by step:

panel.export(work / "panel.md")
formula = (work / "panel.md").read_text("utf-8")
print("\n".join(formula.splitlines()[:14]))

# %%
panel.export(work / "panel.csv")
again = deepcme.load_model(work / "panel")
assert again.predict(samples, scale="fpkm").frame().equals(predicted)
