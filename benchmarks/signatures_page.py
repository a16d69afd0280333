"""The page on what the signatures are worth: tables by cohort, the literature beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

SIGNATURES = {
    "recurrence-score-21": "21 genes",
    "seventy-gene": "70 genes",
    "genomic-grade-index": "grade index",
    "seventy-six-gene": "76 genes",
    "eight-gene-ep": "8 genes",
    "proliferation": "proliferation",
}
WITHIN, SINGLE = "within cohort", "single sample"

PAGE = """\
# Published signatures on six cohorts

What the [published signatures](../signatures.md) that come with deepcme are worth on six
public breast cancer cohorts. Nothing is trained. **Research versions, not the assays**:
published genes and weights, on whatever platform a cohort was measured.

{cohorts}

The label of a cohort is whether a distant metastasis came by the horizon; patients who were
lost before it have none. GSE1992 has relapses at any site, and a few of its samples are
metastases. GSE25055 and GSE16446 were standardised together by those who published them, with
1,151 genes; VDX are 150 of its 344 patients with 657 genes; of TRANSBIG there are the 76
probes of the 76-gene signature alone.

## How much of each signature was measured

Lines of a signature's list that were found, of all: by probe, Entrez id, symbol of today or an
earlier one. Below half of them, or of their weight, a signature is refused; from 80% on it
stands in full.

{coverage}

## AUC of the label

Each gene is scaled over all patients of the cohort, those without a label as well; no outcome
is looked at. Below each value its 95% interval, of a patient bootstrap with Student's t on the
logit scale, as a study has them. *In italics*, signatures of which a part was measured.

{auc}

† Made on patients of this cohort, so too good: of the 97 of van 't Veer, 78 gave the 70 genes
and their profile, and 115 patients of VDX's series the 76.

‡ The file has no other genes.

## Uno's C up to the horizon

The same scores, and all patients with their times: those who were lost early, whom the label
leaves out, count up to then.

{uno}

Harrell's C over the whole follow-up is in `signatures.csv` beside this page, with the genes
that are missing, the earlier symbols that were used, and every refusal in words.

## Each sample alone

AUC of the label by scores for which no other sample is looked at. A blank cell: refused, for
the reasons below.

{single}

{refusals}

How the scores of patients agree on both scalings (Spearman's correlation):

{agreement}

## What to make of it

- **GSE16446 differs from the others**: its tumours are ER-negative and were treated with
  epirubicin alone before surgery (Desmedt 2011). The signatures were made of untreated or
  mostly ER-positive tumours; here they do not order the patients.
- No signature is best in every cohort, and intervals are wide: with 21 to 60 events an AUC is
  known to .08 to .17 on either side. Overlapping intervals do not show that two signatures are
  equally good.
- Whether values are scaled within the cohort or a sample is scored alone matters little for
  the order of patients (Spearman's correlation from {lowest} to {highest}), and much for
  classes: by its published cut-off the 70-gene profile puts {alike} of the patients of GSE1992
  into the same class on both.

## Beside the literature

{literature}

Cheng J, et al. (2013), BMC Systems Biology 7(Suppl 4):S2, table 3. Desmedt C, et al. (2007),
Clin Cancer Res 13:3207-3214 (TRANSBIG). Desmedt C, et al. (2011), J Clin Oncol 29:1578-1586
(GSE16446). Wang Y, et al. (2005), Lancet 365:671-679.

Cheng and colleagues do not say in that table whether they took the 76-gene score or its two
classes. They have the whole array of TRANSBIG; there, single proliferation genes (CCNB2 0.74,
BUB1 0.71, CENPA 0.69) did as well as any signature (70 genes 0.68, Nottingham prognostic index
0.67, tumour grade 0.64). Of the 76 genes, three of proliferation have here: {genes}.

The tables are made again by

    python benchmarks/signatures.py FOLDER

(`make bench-signatures FOLDER=...`, about a minute) where FOLDER holds, for each cohort, a
folder of `expression.parquet` and `samples.csv`.
"""

Rows = list[list[str]]


def write_page(
    path: Path,
    table: pd.DataFrame,
    agreements: pd.DataFrame,
    cohorts: pd.DataFrame,
    literature: Rows,
    genes: str,
) -> None:
    """Write the page from what `signatures.py` measured."""
    of_70 = agreements[
        (agreements["signature"] == "seventy-gene") & (agreements["cohort"] == "GSE1992")
    ]
    page = PAGE.format(
        cohorts=_describe_cohorts(cohorts),
        coverage=_by_cohort(table[table["scaling"] == WITHIN], _coverage),
        auc=_by_cohort(_of(table, WITHIN, "auc"), _estimate),
        uno=_by_cohort(_of(table, WITHIN, "uno_c"), _estimate),
        single=_by_cohort(_of(table, SINGLE, "auc"), _estimate),
        refusals=_list_refusals(table),
        agreement=_by_cohort(agreements, _agreement),
        lowest=f"{agreements['spearman'].min():.2f}",
        highest=f"{agreements['spearman'].max():.2f}",
        alike=f"{of_70['same_class'].item():.0%}",
        literature=_markdown(["", "literature", "here"], literature),
        genes=genes,
    )
    path.write_text(page, encoding="utf-8")


def _of(table: pd.DataFrame, scaling: str, measure: str) -> pd.DataFrame:
    return table[(table["scaling"] == scaling) & (table["measure"] == measure)]


def _markdown(header: list[str], rows: Rows) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _by_cohort(table: pd.DataFrame, cell: Callable[[pd.Series], str]) -> str:
    """A row for each cohort, a column for each signature; blank where there is nothing."""
    told = table.drop_duplicates(["cohort", "signature"]).set_index(["cohort", "signature"])
    there = [name for name in SIGNATURES if name in set(table["signature"])]
    rows = [
        [
            cohort,
            *(
                cell(told.loc[cohort, name]) if (cohort, name) in told.index else ""
                for name in there
            ),
        ]
        for cohort in dict.fromkeys(table["cohort"])
    ]
    return _markdown(["cohort", *(SIGNATURES[name] for name in there)], rows)


def _describe_cohorts(cohorts: pd.DataFrame) -> str:
    rows = [
        [
            row["cohort"],
            f"{row['patients']}",
            f"{row['events']}",
            row["horizon"],
            f"{row['labelled']}",
            f"{row['positive']}",
            f"{row['genes']:,}",
        ]
        for row in cohorts.to_dict("records")
    ]
    header = ["cohort", "patients", "events", "horizon", "with a label", "positive", "genes"]
    return _markdown(header, rows)


def _coverage(row: pd.Series) -> str:
    found = f"{row['n_found']} of {row['n_listed']}"
    return {"full": found, "partial": f"*{found}*", "refused": f"{found}, refused"}[
        row["standing"]
    ]


def _estimate(row: pd.Series) -> str:
    value, ends = f"{row['value']:.2f}", _ends(row)
    if row["standing"] == "partial":
        value, ends = f"*{value}*", f"*{ends}*"
    mark = ""
    if row["overlap"]:
        mark = " †" if "was made on patients" in row["overlap"] else " ‡"
    return f"{value}{mark}<br>{ends}"


def _ends(row: pd.Series) -> str:
    """An interval on one line, however narrow its column."""
    return f"{row['ci_low']:.2f} to {row['ci_high']:.2f}".replace(" ", "&nbsp;")


def _agreement(row: pd.Series) -> str:
    told = f"{row['spearman']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
    return (
        told if pd.isna(row["same_class"]) else f"{told}; {row['same_class']:.0%} in one class"
    )


def _list_refusals(table: pd.DataFrame) -> str:
    """Why single samples have no score, of those signatures of which enough was measured."""
    refused = table[
        (table["scaling"] == SINGLE)
        & (table["absent"] != "")
        & (table["standing"] != "refused")
    ]
    lines = [
        f"- {why} ({', '.join(dict.fromkeys(rows['cohort']))})"
        for why, rows in refused.groupby("absent", sort=False)
    ]
    return "\n".join(lines)
