"""What the report's tables show: columns, headings and number formats."""

from __future__ import annotations

from deepcme.evaluation.measures import AUC, find_measure, measures_beside_auc
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.tables import NET_BENEFIT_THRESHOLDS

Column = tuple[str, str, str]
"""Name in the table, heading, and format: a Python format, or "" for text."""

_INTERVAL: tuple[Column, ...] = (
    ("ci_low", "95% low", ".3f"),
    ("ci_high", "95% high", ".3f"),
)
_COUNTS: tuple[Column, ...] = (
    ("n", "Samples", ",.0f"),
    ("events", "Events", ",.0f"),
    ("n_patients", "Patients", ",.0f"),
    ("n_splits", "Splits", ",.0f"),
)
_PROBABILITIES: tuple[Column, ...] = (
    ("probability_better", "P(better)", ".2f"),
    ("probability_equivalent", "P(equivalent)", ".2f"),
    ("probability_worse", "P(worse)", ".2f"),
)

OPTIONAL = (LEFT_OUT, "pooled_auc", "pooled_ci_low", "pooled_ci_high")
"""Columns that are shown where a table has them."""

COLUMNS: dict[str, tuple[Column, ...]] = {
    "patient_flow": (
        ("step", "Step", ""),
        ("samples", "Samples", ",.0f"),
        ("patients", "Patients", ",.0f"),
        ("events", "Events", ",.0f"),
        ("left_out", "Left out", ""),
    ),
    "comparison": (
        ("baseline", "Baseline", ""),
        ("comparator", "Comparator", ""),
        ("difference", "AUC difference", "+.3f"),
        ("ci_low", "95% low", "+.3f"),
        ("ci_high", "95% high", "+.3f"),
        ("p_value", "p", ".3f"),
        ("p_holm", "p (Holm)", ".3f"),
        *_PROBABILITIES,
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "recalibration_lines": (
        ("model", "Model", ""),
        ("learned_on", "Learned on", ""),
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
        ("slope", "Slope", ".2f"),
        ("refused", "Refused in splits", ",.0f"),
        ("n_splits", "Splits", ",.0f"),
    ),
    "added_value_auc": (
        (LEFT_OUT, "Cohort left out", ""),
        ("model", "Model", ""),
        ("auc", "AUC", ".3f"),
        *_INTERVAL,
        ("sd", "sd", ".3f"),
        *_COUNTS,
    ),
    "added_value": (
        ("added", "What is added", ""),
        ("difference", "AUC difference", "+.3f"),
        ("ci_low", "95% low", "+.3f"),
        ("ci_high", "95% high", "+.3f"),
        ("p_holm", "p (Holm)", ".3f"),
        *_PROBABILITIES,
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "clinical_columns": (
        ("column", "Column", ""),
        ("value", "Value", ""),
        ("coding", "Coding", ""),
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
        ("missing", "Missing", ",.0f"),
        ("separated_splits", "Separated in splits", ",.0f"),
    ),
    "permutation": (
        ("observed", "AUC", ".3f"),
        ("p_value", "p", ".3f"),
        *_INTERVAL,
        ("n_permutations", "Permutations", ",.0f"),
        ("n_as_good", "As good", ",.0f"),
        ("null_mean", "Null mean", ".3f"),
        ("null_sd", "Null sd", ".3f"),
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "nulls": (
        ("kind", "Null", ""),
        ("size", "Genes", ",.0f"),
        ("n_runs", "Runs", ",.0f"),
        ("null_mean", "Mean AUC", ".3f"),
        ("null_low", "Low", ".3f"),
        ("null_high", "High", ".3f"),
        ("compared", "Compared", ""),
        ("auc", "Its AUC", ".3f"),
        ("share_as_good", "Share as good", ".3f"),
        *_INTERVAL,
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "external_auc": (
        ("metric", "Measure", ""),
        ("method", "Interval", ""),
        ("value", "Value", ".3f"),
        *_INTERVAL,
        ("chance", "By chance", ".3f"),
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "external_classification": (
        ("metric", "Measure", ""),
        ("value", "Value", ".3f"),
        *_INTERVAL,
        ("numerator", "Right", ",.0f"),
        ("denominator", "Of", ",.0f"),
    ),
    "instability": (
        ("model", "Model", ""),
        ("mean_sd", "Mean sd of risk", ".3f"),
        *_INTERVAL,
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
    ),
    "panel_curve": (
        ("ranker", "Ranked by", ""),
        ("panel", "Genes", ""),
        ("auc", "AUC", ".3f"),
        *_INTERVAL,
        ("random_auc", "Random", ".3f"),
        ("random_low", "lowest", ".3f"),
        ("random_high", "highest", ".3f"),
        ("n", "Samples", ",.0f"),
        ("events", "Events", ",.0f"),
        ("n_splits", "Splits", ",.0f"),
    ),
    "panel_genes": (
        ("ranker", "Ranked by", ""),
        ("rank", "Rank", ",.0f"),
        ("name", "Gene", ""),
        ("frequency", "In splits", ".0%"),
        ("prevalence", "Prevalence", ".0%"),
        ("largest_z", "Largest |z|", ".1f"),
        ("driving_samples", "Effective samples", ".1f"),
        ("few_driving_samples", "Few", ""),
    ),
    "selection_genes": (
        ("name", "Gene", ""),
        ("beats_decoys", "Beats decoys", ""),
        ("decoy_frequency", "Beats decoys in splits", ".0%"),
        ("stable", "Stable", ""),
        ("half_frequency", "First on halves", ".0%"),
        ("split_frequency", "First in splits", ".0%"),
        ("cluster_frequency", "Cluster on halves", ".0%"),
        ("driving_samples", "Effective samples", ".1f"),
        ("few_driving_samples", "Few", ""),
    ),
    "selection_clusters": (
        ("n_genes", "Genes", ",.0f"),
        ("frequency", "On halves", ".0%"),
        ("stable", "Stable", ""),
        ("names", "Names", ""),
    ),
    "selection_blocks": (
        ("n_genes", "Genes", ",.0f"),
        ("n_selected", "Selected", ",.0f"),
        ("genes", "Names of those selected", ""),
    ),
    "selection_stability": (
        ("ranker", "Ranked by", ""),
        ("over", "Over", ""),
        ("level", "Of", ""),
        ("value", "Index", ".3f"),
        *_INTERVAL,
        ("n_selected", "Of the first", ",.0f"),
        ("n_selections", "Selections", ",.0f"),
    ),
    "score_agreement": (
        ("score", "Score", ""),
        ("other", "Other", ""),
        ("spearman", "Spearman", ".2f"),
        ("spearman_low", "lowest", ".2f"),
        ("spearman_high", "highest", ".2f"),
        ("overlap", "In common", ".0%"),
        ("expected_overlap", "by chance", ".1%"),
        ("k", "Of the first", ",.0f"),
        ("splits", "Splits", ",.0f"),
    ),
    "held_out_gene_scores": (
        ("name", "Gene", ""),
        ("first_layer", "Equation 4", ".3f"),
        ("integrated_gradients", "Integrated gradients", ".4f"),
        ("permutation", "Permutation (AUC)", "+.4f"),
        ("splits", "Splits", ",.0f"),
        ("driving_samples", "Effective samples", ".1f"),
        ("few_driving_samples", "Few", ""),
    ),
    "model_settings": (
        ("model", "Model", ""),
        ("estimator", "Estimator", ""),
        ("settings", "Settings", ""),
    ),
    "tripod": (
        ("item", "Item", ""),
        ("asks", "Asks", ""),
        ("answer", "Answer", ""),
    ),
    "probast": (
        ("domain", "Domain", ""),
        ("question", "Question", ""),
        ("answer", "Answer", ""),
    ),
    "table_2": (
        ("model", "Model", ""),
        ("part", "Part", ""),
        ("auc", "AUC", ".3f"),
        ("sd", "sd", ".3f"),
        ("paper_auc", "Paper", ".3f"),
        ("paper_sd", "sd", ".3f"),
    ),
    "table_3": (
        ("model", "Network", ""),
        ("auc", "AUC", ".3f"),
        ("sd", "sd", ".3f"),
        ("paper_auc", "Paper", ".3f"),
        ("paper_sd", "sd", ".3f"),
    ),
    "figure_7": (
        ("width", "Width", ".0f"),
        ("batch_size", "Batch", ".0f"),
        ("penalty_strength", "lambda", "g"),
        ("valid_auc", "Validation AUC", ".3f"),
        ("test_auc", "Test AUC", ".3f"),
        ("test_auc_sd", "sd", ".3f"),
        ("chosen_in_splits", "Chosen in splits", ".0f"),
    ),
    "claims": (
        ("claim", "Claim", ""),
        ("paper", "Paper", ""),
        ("this_study", "This study", ""),
    ),
}

_NET_BENEFIT = {f"at {at:.2f}": (f"At {at:.0%}", ".3f") for at in NET_BENEFIT_THRESHOLDS}


def columns_of(name: str) -> tuple[Column, ...]:
    """The layout of a table; none if it has none of its own."""
    return _discrimination_columns() if name == "discrimination" else COLUMNS.get(name, ())


def _discrimination_columns() -> tuple[Column, ...]:
    """The AUC, then what else is measured of scores."""
    beside = []
    for measure in measures_beside_auc():
        headings = (measure.heading, "95% low", "95% high", "By chance")
        beside += [
            (column, heading, measure.format)
            for column, heading in zip(measure.columns, headings, strict=True)
        ]
    return (
        (LEFT_OUT, "Cohort left out", ""),
        ("model", "Model", ""),
        ("auc", AUC.heading, AUC.format),
        *_INTERVAL,
        ("sd", "sd", ".3f"),
        ("monte_carlo_error", "Monte-Carlo error", ".3f"),
        ("pooled_auc", "Pooled AUC", ".3f"),
        ("pooled_ci_low", "95% low", ".3f"),
        ("pooled_ci_high", "95% high", ".3f"),
        *beside,
        *_COUNTS,
    )


def heading_and_format(metric: str) -> tuple[str, str]:
    """Those of a measure that stands side by side with others, with its interval."""
    if metric in _NET_BENEFIT:
        return _NET_BENEFIT[metric]
    measure = find_measure(metric)
    return measure.heading, measure.format


SIDE_BY_SIDE = (
    "classification",
    "calibration",
    "recalibration",
    "net_benefit",
    "external_calibration",
)
"""Tables of one row for each model, their measures side by side."""
