"""What stands above each table of the report."""

from __future__ import annotations

CAPTIONS: dict[str, str] = {
    "patient_flow": (
        "Who was read, joined, labelled, left out and analysed. Events are positive samples; "
        "reasons count samples."
    ),
    "discrimination": (
        "Mean AUC on the test parts. Monte-Carlo error: how far the mean AUC would move if the "
        "same patients were divided anew; a rough figure where there are two repeats. Pooled "
        "AUC, in a study with strata: of ranks across them, the AUC being that within. PR-AUC "
        "over patients, each by the mean rank of its scores in the test parts, which is "
        "steadier than one fit; beside it that of chance (Bestgen 2015). Intervals: bootstrap "
        "of patients, stratified by label for the AUC, 2,000 draws."
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
