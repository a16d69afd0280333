"""Each chart of a report as a function: ``deepcme.plots.roc(report)``.

Each takes a `Report`, what `deepcme.run` returned or the folder of a study, and gives a `Plot`:
its ``chart`` is Altair's, its ``frame()`` the table behind it, its ``save(path)`` a figure. A
study that lacks a chart says why.

Examples
--------
>>> import deepcme
>>> cohort = deepcme.simulate(samples=60, genes=30, events=24, signal_genes=5, module_size=5)
>>> result = deepcme.run(cohort, models=["LR", "DT"], repeats=1, out="a-study", quiet=True)
>>> deepcme.plots.roc(result)
Plot roc; more: .frame() (204 rows), .chart, .save('roc.pdf')
>>> deepcme.plots.roc(result).save("roc.svg")
"""

from __future__ import annotations

from pathlib import Path

from deepcme.base.errors import DeepCMEError
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
    return _find(report, name, takes="another study; .charts lists those of this one")


def forest(report: Source) -> Plot:
    """Every model with its interval, clinical columns and both beside the genes."""
    return _find(report, "headline", "survival_discrimination", takes="a finished study")


def roc(report: Source) -> Plot:
    """ROC curves, averaged over the splits."""
    return _find(report, "roc", takes="a study of yes or no")


def precision_recall(report: Source) -> Plot:
    """Precision over recall, averaged over the splits."""
    return _find(report, "precision_recall", takes="a study of yes or no")


def auc_by_split(report: Source) -> Plot:
    """AUC of every model on every split."""
    return _find(report, "auc_by_split", takes="a study of yes or no on several splits")


def discrimination(report: Source) -> Plot:
    """Measures of discrimination of every model; of times C and AUC over time."""
    return _find(
        report, "survival_discrimination", "auc_by_split", takes="a study of times to an event"
    )


def comparison(report: Source) -> Plot:
    """Differences between the model that the study is about and the others."""
    return _find(
        report,
        "comparison",
        "survival_comparison",
        takes="another model beside the one that the study is about",
    )


def kaplan_meier(report: Source) -> Plot:
    """Risk of groups by predicted risk over time, of times to an event."""
    return _find(report, "risk_curves", takes="a study of times to an event with a horizon")


def auc_over_time(report: Source) -> Plot:
    """AUC at each time, of times to an event."""
    return _find(report, "auc_over_time", takes="a study of times to an event")


def calibration(report: Source) -> Plot:
    """What was predicted beside what was observed."""
    return _find(report, "calibration", takes="enough events")


def decision_curve(report: Source) -> Plot:
    """Net benefit of acting on the predicted risks."""
    return _find(report, "decision_curve", takes="risks that models predict")


def added_value(report: Source) -> Plot:
    """What the genes add to clinical columns."""
    return _find(
        report,
        "added_value",
        "added_value_auc_differences",
        takes="clinical columns, deepcme.run(..., clinical=[...])",
    )


def beside_clinic(report: Source) -> Plot:
    """The model beside signatures and clinical indices."""
    return _find(
        report,
        "beside_clinic",
        takes="a signature or a clinical index that the cohort has the genes or columns for",
    )


def genes(report: Source) -> Plot:
    """The genes of highest score."""
    return _find(report, "top_genes", takes="a network among the models")


def genes_alone(report: Source) -> Plot:
    """The top genes, each by itself."""
    return _find(report, "genes_alone", takes="a network among the models")


def heat_map(report: Source) -> Plot:
    """Expression of the top genes by outcome."""
    return _find(report, "gene_heat_map", takes="a network among the models")


def subgroups(report: Source) -> Plot:
    """The model in groups of patients."""
    return _find(report, "subgroups", takes="columns that divide the patients")


def meta_analysis(report: Source) -> Plot:
    """The cohorts that were left out in turn, and all together."""
    return _find(
        report,
        "meta_analysis",
        takes="several cohorts, deepcme.run(..., design='leave-one-cohort-out')",
    )


def with_others(report: Source) -> Plot:
    """Models that learned from other cohorts' patients as well."""
    return _find(report, "with_others", takes="other cohorts, deepcme.run(..., also=[...])")


def prediction_stability(report: Source) -> Plot:
    """Risks of each patient over the splits."""
    return _find(
        report, "prediction_stability", takes="patients who were tested more than once"
    )


def prediction_instability(report: Source) -> Plot:
    """Risks of each patient over models developed again."""
    return _find(report, "prediction_instability", takes="deepcme.run(..., instability=200)")


def calibration_instability(report: Source) -> Plot:
    """Calibration of models developed again."""
    return _find(report, "calibration_instability", takes="deepcme.run(..., instability=200)")


def classification_instability(report: Source) -> Plot:
    """How often models developed again call a patient otherwise."""
    return _find(
        report, "classification_instability", takes="deepcme.run(..., instability=200)"
    )


def mean_absolute_error(report: Source) -> Plot:
    """Mean absolute difference of the risks of models developed again."""
    return _find(report, "mape", takes="deepcme.run(..., instability=200)")


def nulls(report: Source) -> Plot:
    """The model beside reruns where there is nothing to find."""
    return _find(report, "nulls", takes="deepcme.run(..., permutations=50)")


def panel_curve(report: Source) -> Plot:
    """Performance over the number of genes in a panel."""
    return _find(report, "panel_curve", takes="deepcme.run(..., selection=True)")


def gene_sets(report: Source) -> Plot:
    """Gene sets by how they go with the outcome."""
    return _find(report, "gene_sets", takes="deepcme.run(..., gene_sets=...)")


def running_sums(report: Source) -> Plot:
    """Running sums of the first gene sets."""
    return _find(report, "gene_set_running_sums", takes="deepcme.run(..., gene_sets=...)")


def training_curves(report: Source) -> Plot:
    """Losses over the epochs of the training."""
    return _find(report, "training_curves", takes="a network among the models")


def _find(source: Source, *names: str, takes: str) -> Plot:
    if isinstance(source, StudyResult):
        source = source.report
    if not isinstance(source, Report | str | Path):
        raise DeepCMEError(
            f"A {type(source).__name__} has no charts: give what deepcme.run returned, or the "
            "folder of a study."
        )
    report = source if isinstance(source, Report) else read_report(source)
    return find_plot(report.charts, report.tables, *names, takes=takes)
