"""Files of an earlier report that would stand beside a newer one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

# Those that not every report has.
TABLES = (
    "comparison", "classification", "calibration", "recalibration", "recalibration_lines",
    "calibration_curves", "decision_curve", "net_benefit", "prediction_stability",
    "instability", "genes", "history",
    "added_value_auc", "added_value", "clinical_columns", "null_runs", "nulls", "permutation",
    "panel_curve", "panel_choice", "panel_genes", "selection_claims", "selection_genes",
    "selection_clusters", "selection_blocks", "selection_stability", "score_agreement",
    "held_out_gene_scores", "table_1", "table_2", "table_3", "figure_5", "figure_6",
    "figure_7", "figure_8", "claims", "patient_flow",
)  # fmt: skip
CHARTS = (
    "comparison", "added_value", "calibration", "decision_curve", "prediction_stability",
    "nulls", "top_genes", "training_curves", "panel_curve", "figure_5", "figure_6", "figure_7",
    "figure_8", "table_1", "table_2", "table_3",
)  # fmt: skip


def remove_outdated(folder: Path, tables: Collection[str], charts: Collection[str]) -> None:
    """Remove the tables and charts that a report may write and this one does not.

    Parameters
    ----------
    folder : Path
        The study's.
    tables, charts : collection of str
        Names of those that there are now. Files of any other name are the user's.
    """
    for name in set(TABLES).difference(tables):
        (folder / "tables" / f"{name}.csv").unlink(missing_ok=True)
    for name in set(CHARTS).difference(charts):
        for suffix in (".svg", ".pdf"):
            (folder / "figures" / f"{name}{suffix}").unlink(missing_ok=True)
