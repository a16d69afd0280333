"""The models that a study can name, one row each: how it is made and what it can do.

Reading this table loads no model: each is imported when it is first made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from typing import Any, Literal

LABELS = (0, 1)
ENSEMBLE = "DeepCME-ensemble"
COMMITTEE = "Committee"
DEFAULT_MODELS = {"binary": COMMITTEE, "survival": "DeepCME-Cox-ensemble"}
"""What is trained to be handed on, by the kind of a cohort's outcome."""

SavedForm = Literal["networks", "hazard networks", "coefficients", "forest", "committee"]


@dataclass(frozen=True, kw_only=True)
class ModelKind:
    """What a model is, what it needs for a fit, and what it gives.

    Attributes
    ----------
    name : str
        As a study names it.
    estimator : str
        Module and class. Its `fit` takes X and y, and what the next fields say.
    defaults : mapping
        Parameters that differ from the library's.
    library : str
        Whose estimator it is; blank for this package's.
    methods : str
        Its description in a report's methods, with parameters in braces, and ``{part}`` for
        what it is tuned on; blank for a library's, which is named with its parameters.
    is_network : bool
        Whether it is made of networks that an engine trains.
    is_committee : bool
        Whether it is made of `members`, other models of this table.
    outcomes : tuple of str
        Kinds of outcomes that it predicts.
    takes_groups, takes_validation, takes_weights, takes_gram : bool
        Whether `fit` takes the patients as `groups`, `validation_rows` to choose by,
        `sample_weight`, and the rows' inner products as `gram`; `score_held_out` takes these
        too, of the rows that it fits on.
    tuned_over_folds : bool
        Whether it has a `choose_strength` for the inner folds of a nested design.
    out_of_fold : OutOfFold or None
        How the rows of training and validation part get scores of fits that did not see
        them, if it is `refitted`: fitted on these alike, and its preprocessing too.
    has_gene_scores, has_history : bool
        Whether it has `gene_scores_`, and a `history_` that a study keeps.
    saved_as : {"networks", "hazard networks", "coefficients", "forest", "committee"} or None
        What a fitted one is written as, without its samples: its `networks_`, `coef_` and
        `intercept_` (a Cox model's `means_`), its trees of two classes, or its `members_`;
        None if that cannot be.
    saved_with : mapping
        Parameters that it must have for that.
    unsaved_because : str
        Why it cannot be, as a clause.
    nanoseconds : float
        Roughly what a fit takes for each value (sample x gene) that it learns from; of a
        network, for each weight of its first layer, sample and epoch.
    nanoseconds_of_cube : float
        What it takes beside for the number of these samples to the power of three.
    """

    name: str
    estimator: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    library: str = ""
    methods: str = ""
    is_network: bool = False
    is_committee: bool = False
    outcomes: tuple[str, ...] = ("binary",)
    takes_groups: bool = False
    takes_validation: bool = False
    takes_weights: bool = False
    takes_gram: bool = False
    tuned_over_folds: bool = False
    out_of_fold: OutOfFold | None = None
    has_gene_scores: bool = False
    has_history: bool = False
    saved_as: SavedForm | None = None
    saved_with: Mapping[str, Any] = field(default_factory=dict)
    unsaved_because: str = ""
    nanoseconds: float = 100.0
    nanoseconds_of_cube: float = 0.0

    @property
    def refitted(self) -> bool:
        """Whether it is fitted on training and validation part alike."""
        return self.out_of_fold is not None

    @property
    def is_baseline(self) -> bool:
        """Whether what the product is for is compared with it."""
        return not (self.is_network or self.is_committee)

    def can_be_kept(self, parameters: Mapping[str, Any]) -> bool:
        """Whether one with these parameters off its defaults can be written."""
        given = {**self.defaults, **parameters}
        return self.saved_as is not None and self.saved_with.items() <= given.items()

    @property
    def type(self) -> Any:
        """Class of the estimator."""
        module, _, name = self.estimator.rpartition(".")
        return getattr(import_module(module), name)

    def make(self, parameters: Mapping[str, Any], random_state: int | None) -> Any:
        """Make an unfitted estimator for standardised data.

        Parameters
        ----------
        parameters : mapping
            Those off the defaults, as Python or as a study file writes them.
        random_state : int or None
        """
        values = {**self.defaults, **parameters}
        values = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        if isinstance(weights := values.get("class_weight"), dict):
            # The keys of a TOML table are text.
            of_text = {str(label): label for label in LABELS}
            values["class_weight"] = {of_text.get(key, key): w for key, w in weights.items()}
        if "random_state" in signature(self.type).parameters:
            values["random_state"] = random_state
        return self.type(**values)


@dataclass(frozen=True)
class OutOfFold:
    """Folds of the patients for scores out of fold, and how many a class must have for it.

    A model's `own` are those of its fit, which are of whole models without the patient
    already; nothing is fitted again for them.
    """

    n_folds: int
    fewest_patients: int
    own: bool = False


def _scikit_learn(
    name: str, estimator: str, takes_weights: bool = True, **more: Any
) -> ModelKind:
    return ModelKind(
        name=name,
        estimator=estimator,
        library="scikit-learn",
        takes_weights=takes_weights,
        **more,
    )


_ENSEMBLE = (
    "{n_networks} networks on training and validation part together, each holding out another "
    "of {n_networks} parts of the patients; of each, the mean of up to {n_snapshots} "
    "snapshots, {snapshot_interval} or more epochs apart, up to the epoch of lowest loss on "
    "the patients held out; then the mean over the networks"
)
_TUNED_REGRESSION = (
    "logistic regression with an L2 penalty; of the strengths C = {inverse_strengths} the one "
    "of lowest log loss on {part} is taken, and the model fitted again on training and "
    "validation part together."
)

_COMMITTEE = (
    "the mean of the scores of {members}, each fitted on training and validation part together "
    "and standardised by the mean and standard deviation that its scores of new patients "
    "should have, by {n_folds} folds of these patients; equal weights, and "
)

_CHOSEN_PENALTY = (
    "with a ridge penalty and Efron's treatment of ties; of 20 penalties, and of no gene at "
    "all, the one of highest cross-validated log partial likelihood in {n_folds} folds of "
    "training and validation part together is taken, and the model fitted again on both."
)


def _cox(name: str, estimator: str, **more: Any) -> ModelKind:
    return ModelKind(
        name=name,
        estimator=f"deepcme.models.survival.{estimator}",
        outcomes=("survival",),
        takes_groups=True,
        out_of_fold=OutOfFold(n_folds=5, fewest_patients=2),
        saved_as="coefficients",
        nanoseconds_of_cube=60.0,
        **more,
    )


_OF_NETWORKS = 0.02

_SUPPORT_VECTORS = "its support vectors are training samples"

# 100 iterations, scikit-learn's default, do not converge on thousands of genes.
MAX_ITERATIONS = 2000

KINDS: dict[str, ModelKind] = {
    kind.name: kind
    for kind in (
        ModelKind(
            name="DeepCME",
            estimator="deepcme.models.classifier.DeepCMEClassifier",
            methods="the epoch of lowest loss on the validation part is kept",
            is_network=True,
            takes_groups=True,
            takes_validation=True,
            takes_weights=True,
            has_gene_scores=True,
            has_history=True,
            saved_as="networks",
            nanoseconds=_OF_NETWORKS,
        ),
        ModelKind(
            name=ENSEMBLE,
            estimator="deepcme.models.ensemble.DeepCMEEnsemble",
            methods=_ENSEMBLE,
            is_network=True,
            takes_groups=True,
            takes_weights=True,
            takes_gram=True,
            # Five folds calibrated it little better than three.
            out_of_fold=OutOfFold(n_folds=3, fewest_patients=3),
            has_gene_scores=True,
            saved_as="networks",
            nanoseconds=_OF_NETWORKS,
        ),
        ModelKind(
            name=COMMITTEE,
            estimator="deepcme.models.committee.committee.DeepCMECommittee",
            methods=f"{_COMMITTEE}one line of log-odds on the mean.",
            is_committee=True,
            takes_groups=True,
            takes_weights=True,
            takes_gram=True,
            out_of_fold=OutOfFold(n_folds=3, fewest_patients=3, own=True),
            saved_as="committee",
        ),
        _scikit_learn(
            "LR",
            "deepcme.models.span.linear.LogisticRegression",
            takes_gram=True,
            defaults={"max_iter": MAX_ITERATIONS},
            saved_as="coefficients",
            nanoseconds=40.0,
        ),
        _scikit_learn(
            "SVC",
            "deepcme.models.span.kernel.SVC",
            takes_gram=True,
            saved_as="coefficients",
            saved_with={"kernel": "linear"},
            unsaved_because=_SUPPORT_VECTORS,
        ),
        _scikit_learn(
            "SVC-linear",
            "deepcme.models.span.kernel.SVC",
            defaults={"kernel": "linear"},
            takes_gram=True,
            saved_as="coefficients",
            saved_with={"kernel": "linear"},
            unsaved_because=_SUPPORT_VECTORS,
        ),
        _scikit_learn(
            "RF",
            "sklearn.ensemble.RandomForestClassifier",
            saved_as="forest",
            nanoseconds=200.0,
        ),
        _scikit_learn("DT", "sklearn.tree.DecisionTreeClassifier", saved_as="forest"),
        _scikit_learn(
            "KNN",
            "sklearn.neighbors.KNeighborsClassifier",
            takes_weights=False,
            unsaved_because="it is made of the training samples",
            nanoseconds=50.0,
        ),
        ModelKind(
            name="LR-tuned",
            estimator="deepcme.models.baselines.TunedLogisticRegression",
            methods=_TUNED_REGRESSION,
            takes_groups=True,
            takes_validation=True,
            takes_weights=True,
            takes_gram=True,
            tuned_over_folds=True,
            out_of_fold=OutOfFold(n_folds=5, fewest_patients=2),
            saved_as="coefficients",
            nanoseconds=300.0,
        ),
        ModelKind(
            name="DeepCME-Cox",
            estimator="deepcme.models.survival.network.DeepCMESurvival",
            methods=(
                "the epoch is kept whose log partial likelihood of training and validation "
                "part together is highest beyond that of the training part alone"
            ),
            is_network=True,
            outcomes=("survival",),
            takes_groups=True,
            takes_validation=True,
            has_gene_scores=True,
            has_history=True,
            saved_as="hazard networks",
            nanoseconds=_OF_NETWORKS,
        ),
        ModelKind(
            name="DeepCME-Cox-ensemble",
            estimator="deepcme.models.survival.ensemble.DeepCMESurvivalEnsemble",
            methods=_ENSEMBLE,
            is_network=True,
            outcomes=("survival",),
            takes_groups=True,
            takes_gram=True,
            # In two of three folds there are then five patients with the event or more.
            out_of_fold=OutOfFold(n_folds=3, fewest_patients=8),
            has_gene_scores=True,
            saved_as="hazard networks",
            nanoseconds=_OF_NETWORKS,
        ),
        ModelKind(
            name="Cox-committee",
            estimator="deepcme.models.committee.survival.DeepCMESurvivalCommittee",
            methods=f"{_COMMITTEE}one slope and Breslow's baseline on the mean.",
            is_committee=True,
            outcomes=("survival",),
            takes_groups=True,
            takes_gram=True,
            out_of_fold=OutOfFold(n_folds=3, fewest_patients=8, own=True),
            saved_as="committee",
        ),
        _cox(
            "Cox-ridge",
            "cox_ridge.CoxRidge",
            takes_gram=True,
            nanoseconds=40.0,
            methods=f"Cox regression of all genes {_CHOSEN_PENALTY}",
        ),
        _cox(
            "Cox-top-200",
            "cox_ridge.CoxTopGenes",
            nanoseconds=40.0,
            methods=(
                "Cox regression of the {n_genes} genes of largest score statistic in a Cox "
                f"model of each alone, chosen anew in each fold, {_CHOSEN_PENALTY}"
            ),
        ),
        _cox(
            "Cox-lasso",
            "cox_lasso.CoxElasticNet",
            nanoseconds=300.0,
            methods=(
                "Cox regression of the genes that an elastic-net penalty chooses (an L1 share "
                "of {l1_ratio}; 1 is the lasso), with Efron's treatment of ties; along a path "
                "of penalties the {rule} rule takes one by the cross-validated log partial "
                "likelihood in {n_folds} folds of training and validation part together, which "
                "may leave no gene at all, and the model is fitted again on both."
            ),
        ),
    )
}
