"""What the report's tables show: captions, columns, headings and number formats."""

from __future__ import annotations

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

CAPTIONS: dict[str, str] = {
    "patient_flow": (
        "Who was read, joined, labelled, left out and analysed. Events are positive samples; "
        "reasons count samples."
    ),
    "discrimination": (
        "Mean AUC on the test parts. Monte-Carlo error: how far the mean AUC would move if the "
        "same patients were divided anew. Pooled AUC, in a study with strata: of ranks across "
        "them, the AUC being that within. PR-AUC over patients, each by the mean rank of its "
        "scores in the test parts, which is steadier than one fit; beside it that of chance "
        "(Bestgen 2015). Intervals: "
        "bootstrap of patients, stratified by label for the AUC, 2,000 draws."
    ),
    "auc_by_split": "Test AUC in each split.",
    "comparison": (
        "Difference in test AUC, with 95% interval and p of the corrected resampled t-test "
        "(Nadeau and Bengio 2003). The comparator was named before anything was fitted: its p "
        "counts as it is, that of the others after Holm. Probabilities: posterior under a flat "
        "prior, equivalent meaning within 0.02 (Benavoli et al. 2017)."
    ),
    "added_value_auc": (
        "Mean test AUC of the clinical columns alone, the genes alone, and both, on the same "
        "patients. Intervals: bootstrap of patients, stratified by label, 2,000 draws."
    ),
    "added_value": (
        "AUC of both minus AUC of each alone, over the splits; corrected resampled t-test "
        "(Nadeau and Bengio 2003), p after Holm. Probabilities: posterior under a flat prior, "
        "equivalent meaning within 0.02 (Benavoli et al. 2017)."
    ),
    "clinical_columns": "The clinical columns in the cohort, and how they enter.",
    "classification": (
        "At the threshold that maximises Youden's index on each split's validation part, or "
        "on out-of-fold scores of models that were fitted on it; counts pooled over splits; "
        "in brackets 95% intervals by patient bootstrap."
    ),
    "recalibration": (
        "The same of recalibrated test probabilities: in each split by a line (Platt 1999) "
        "that test rows had no part in. Models without probabilities get theirs this way."
    ),
    "recalibration_lines": (
        "What those lines were learned on, one line a split, and what they are (medians). "
        "Slopes of log-odds are drawn towards 1 (t density of their logarithm, 3 degrees of "
        "freedom), those of other scores are Firth's (1993). Where the events do not score "
        "higher than the others, the line is refused and everyone gets the prevalence."
    ),
    "calibration": (
        "Scores and calibration line of the test probabilities, pooled over splits; in "
        "brackets 95% intervals, of the scores by patient bootstrap, of the line (intercept, "
        "slope, in the large) Wald's with errors by patient. They take the fitted models as "
        "they are: in simulated studies those of slope and intercept held the truth in 84 to "
        "90 of 100, those of the scaled Brier score in 86 to 90."
    ),
    "net_benefit": (
        "Net benefit, for each patient, of acting at a threshold of risk: true positives less "
        "false ones weighted by the odds of the threshold; in brackets 95% intervals by "
        "patient bootstrap, too narrow where few patients reach the threshold. A model is "
        "useful where it is above treating all and none (0)."
    ),
    "model_settings": "Settings of each model, those left at their defaults too.",
    "instability": (
        "How much one sample's predicted risk changes from split to split: the mean, over "
        "samples, of its standard deviation."
    ),
    "permutation": (
        "Permutation test: patient labels permuted, splits redrawn, everything refitted. p "
        "counts the labels as they are as one permutation (Phipson and Smyth 2010); its "
        "interval is that of the Monte-Carlo error."
    ),
    "nulls": (
        "Mean test AUC of the null runs, low and high (quantiles 2.5% and 97.5%; the extremes "
        "of fewer than 40 runs), beside the AUC of what they are compared with. Share as good: "
        "of null runs with at least this AUC, Wilson's interval."
    ),
    "external_auc": (
        "AUC and PR-AUC of the model as it came, beside those of chance (Bestgen 2015). "
        "DeLong's interval takes samples as independent; the bootstrap draws patients."
    ),
    "external_classification": "At the threshold that the model brought; Wilson's intervals.",
    "external_calibration": (
        "The model as it came, and recalibrated on these patients: Platt's line, for each "
        "tenth of the patients fitted on the others."
    ),
    "panel_curve": (
        "AUC on held-out patients by number of genes, ranked inside every training part, "
        "beside random panels of the same size (mean, lowest and highest)."
    ),
    "panel_genes": (
        "Genes of the chosen panels, ranked on all patients, and the share of the splits in "
        "which each was in a panel of this size. At most 20 of each are shown."
    ),
    "selection_genes": (
        "Genes that were selected anywhere, the best founded first, at most 30: against decoys "
        "on all patients and in what share of the splits; among the first on halves of the "
        "patients and over the splits, and their cluster on the halves."
    ),
    "selection_clusters": (
        "Clusters of genes with a mean |r| of 0.7 or more, by how often one of their genes is "
        "among the first on halves of the patients; the first 15."
    ),
    "selection_blocks": (
        "The genes that beat their decoys, by block of correlated genes (mean |r| of 0.15 or "
        "more): that one of a block matters is better founded than which."
    ),
    "selection_stability": (
        "Nogueira's stability index of the first genes: 1 for the same every time, 0 as by "
        "chance. Splits share most of their patients, halves of a pair none."
    ),
    "score_agreement": (
        "How far three scores of a network order the genes alike on held-out patients: rank "
        "correlation, mean, lowest and highest of the splits, and the share of the first genes "
        "in common."
    ),
    "held_out_gene_scores": (
        "Three scores of each gene, means over the splits, highest equation 4 first; the "
        "first 20."
    ),
    "table_1": "Table 1 of the paper: test AUC by split, beside the published values.",
    "table_2": "Table 2 of the paper: AUC on training, validation and test part.",
    "table_3": "Table 3 of the paper: ablation. BN: BatchNorm, DO: dropout, L1: the penalty.",
    "figure_7": "Mean AUC over the grid; validation loss alone makes the choice.",
    "claims": "The paper's claims, what it printed, and what this study found.",
}

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
    "discrimination": (
        (LEFT_OUT, "Cohort left out", ""),
        ("model", "Model", ""),
        ("auc", "AUC", ".3f"),
        *_INTERVAL,
        ("sd", "sd", ".3f"),
        ("monte_carlo_error", "Monte-Carlo error", ".3f"),
        ("pooled_auc", "Pooled AUC", ".3f"),
        ("pooled_ci_low", "95% low", ".3f"),
        ("pooled_ci_high", "95% high", ".3f"),
        ("pr_auc", "PR-AUC", ".3f"),
        ("pr_auc_ci_low", "95% low", ".3f"),
        ("pr_auc_ci_high", "95% high", ".3f"),
        ("pr_auc_chance", "By chance", ".3f"),
        *_COUNTS,
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

MEASURES: dict[str, tuple[str, str]] = {
    "sensitivity": ("Sensitivity", ".2f"),
    "specificity": ("Specificity", ".2f"),
    "ppv": ("PPV", ".2f"),
    "npv": ("NPV", ".2f"),
    "brier": ("Brier score", ".3f"),
    "scaled_brier": ("Scaled Brier", ".3f"),
    "log_loss": ("Log loss", ".3f"),
    "intercept": ("Intercept", ".2f"),
    "slope": ("Slope", ".2f"),
    "in_the_large": ("Calibration in the large", ".2f"),
    **{
        f"at {threshold:.2f}": (f"At {threshold:.0%}", ".3f")
        for threshold in NET_BENEFIT_THRESHOLDS
    },
}
"""Heading and format of measures that stand side by side, each with its interval."""

SIDE_BY_SIDE = (
    "classification",
    "calibration",
    "recalibration",
    "net_benefit",
    "external_calibration",
)
"""Tables of one row for each model, their measures side by side."""
