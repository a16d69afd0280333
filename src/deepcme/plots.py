"""Each chart of a report as a function: ``deepcme.plots.roc(report)``.

Each takes a `Report`, what `deepcme.run` returned or the folder of a study, and gives a `Plot`:
its ``chart`` is Altair's, its ``frame()`` the table behind it, its ``save(path)`` a figure. A
study that lacks a chart says why.

Examples
--------
>>> import deepcme
>>> result = deepcme.run(models=["Cox-top-200", "Cox-ridge"], repeats=1, quiet=True)
>>> deepcme.plots.kaplan_meier(result).save("risk.svg")
>>> list(deepcme.plots.decision_curve(result).frame().columns[:2])
['model', 'threshold']
"""

from __future__ import annotations

from pathlib import Path

from deepcme.report.notebook import Report, read_report
from deepcme.report.plot import Plot, find_plot
from deepcme.verbs.running import StudyResult

Source = Report | StudyResult | str | Path

__all__ = [
    "Plot",
    "added_value",
    "auc_by_split",
    "auc_over_time",
    "beside_clinic",
    "calibration",
    "calibration_instability",
    "classification_instability",
    "comparison",
    "decision_curve",
    "discrimination",
    "forest",
    "gene_sets",
    "genes",
    "genes_alone",
    "heat_map",
    "kaplan_meier",
    "mean_absolute_error",
    "meta_analysis",
    "nulls",
    "panel_curve",
    "plot",
    "precision_recall",
    "prediction_instability",
    "prediction_stability",
    "roc",
    "running_sums",
    "subgroups",
    "training_curves",
    "with_others",
]


def plot(report: Source, name: str) -> Plot:
    """Any chart of a report, by its name among ``report.charts``."""
    return _find(report, name, name)


def forest(report: Source) -> Plot:
    """Every model with its interval, clinical columns and both beside the genes."""
    return _find(report, "forest", "headline", "survival_discrimination")


def roc(report: Source) -> Plot:
    """ROC curves, averaged over the splits."""
    return _find(report, "roc", "roc")


def precision_recall(report: Source) -> Plot:
    """Precision over recall, averaged over the splits."""
    return _find(report, "precision_recall", "precision_recall")


def auc_by_split(report: Source) -> Plot:
    """AUC of every model on every split."""
    return _find(report, "auc_by_split", "auc_by_split")


def discrimination(report: Source) -> Plot:
    """Measures of discrimination of every model; of times C and AUC over time."""
    return _find(report, "discrimination", "survival_discrimination", "auc_by_split")


def comparison(report: Source) -> Plot:
    """Differences between the model that the study is about and the others."""
    return _find(report, "comparison", "comparison", "survival_comparison")


def kaplan_meier(report: Source) -> Plot:
    """Risk of groups by predicted risk over time, of times to an event."""
    return _find(report, "kaplan_meier", "risk_curves")


def auc_over_time(report: Source) -> Plot:
    """AUC at each time, of times to an event."""
    return _find(report, "auc_over_time", "auc_over_time")


def calibration(report: Source) -> Plot:
    """What was predicted beside what was observed."""
    return _find(report, "calibration", "calibration")


def decision_curve(report: Source) -> Plot:
    """Net benefit of acting on the predicted risks."""
    return _find(report, "decision_curve", "decision_curve")


def added_value(report: Source) -> Plot:
    """What the genes add to clinical columns."""
    return _find(report, "added_value", "added_value", "added_value_auc_differences")


def beside_clinic(report: Source) -> Plot:
    """The model beside signatures and clinical indices."""
    return _find(report, "beside_clinic", "beside_clinic")


def genes(report: Source) -> Plot:
    """The genes of highest score."""
    return _find(report, "genes", "top_genes")


def genes_alone(report: Source) -> Plot:
    """The top genes, each by itself."""
    return _find(report, "genes_alone", "genes_alone")


def heat_map(report: Source) -> Plot:
    """Expression of the top genes by outcome."""
    return _find(report, "heat_map", "gene_heat_map")


def subgroups(report: Source) -> Plot:
    """The model in groups of patients."""
    return _find(report, "subgroups", "subgroups")


def meta_analysis(report: Source) -> Plot:
    """The cohorts that were left out in turn, and all together."""
    return _find(report, "meta_analysis", "meta_analysis")


def with_others(report: Source) -> Plot:
    """Models that learned from other cohorts' patients as well."""
    return _find(report, "with_others", "with_others")


def prediction_stability(report: Source) -> Plot:
    """Risks of each patient over the splits."""
    return _find(report, "prediction_stability", "prediction_stability")


def prediction_instability(report: Source) -> Plot:
    """Risks of each patient over models developed again."""
    return _find(report, "prediction_instability", "prediction_instability")


def calibration_instability(report: Source) -> Plot:
    """Calibration of models developed again."""
    return _find(report, "calibration_instability", "calibration_instability")


def classification_instability(report: Source) -> Plot:
    """How often models developed again call a patient otherwise."""
    return _find(report, "classification_instability", "classification_instability")


def mean_absolute_error(report: Source) -> Plot:
    """Mean absolute difference of the risks of models developed again."""
    return _find(report, "mean_absolute_error", "mape")


def nulls(report: Source) -> Plot:
    """The model beside reruns where there is nothing to find."""
    return _find(report, "nulls", "nulls")


def panel_curve(report: Source) -> Plot:
    """Performance over the number of genes in a panel."""
    return _find(report, "panel_curve", "panel_curve")


def gene_sets(report: Source) -> Plot:
    """Gene sets by how they go with the outcome."""
    return _find(report, "gene_sets", "gene_sets")


def running_sums(report: Source) -> Plot:
    """Running sums of the first gene sets."""
    return _find(report, "running_sums", "gene_set_running_sums")


def training_curves(report: Source) -> Plot:
    """Losses over the epochs of the training."""
    return _find(report, "training_curves", "training_curves")


def _find(source: Source, called: str, *names: str) -> Plot:
    if isinstance(source, StudyResult):
        source = source.report
    report = source if isinstance(source, Report) else read_report(source)
    return find_plot(report.charts, report.tables, called, *names)
