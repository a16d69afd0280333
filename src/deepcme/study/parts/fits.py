"""Parts whose tasks are fits of models: how long those take."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from deepcme.base.workload import Piece
from deepcme.study.fit import Fit
from deepcme.study.fits import costs
from deepcme.study.fits.costs import Cost
from deepcme.study.part import Part
from deepcme.study.tasks import Plan

NETWORKS = "networks"
"""The family of all that are trained on inputs of one kind: one tells what others take."""

# What a network's time depends on; that of others may depend on any parameter.
_OF_TIME = ("hidden_layers", "batch_size", "max_epochs", "n_networks", "patience", "space")

F = TypeVar("F", bound=Fit)


class FitsPart(Part[F]):
    """A part whose tasks are fits of models.

    Attributes
    ----------
    prepared_share : float
        How many of the fits of a split prepare its rows, which the others then share.
    """

    prepared_share: ClassVar[float] = 0.5

    def count_networks(self, task: F) -> int:
        n_networks = costs.count_trained(task.model.kind, task.model.parameters)
        return n_networks * (1 + _n_folds(task))

    def expect(self, plan: Plan, task: F) -> Piece:
        model, kind = task.model, task.model.kind
        parameters = {
            name: str(value)
            for name, value in model.parameters.items()
            if name in _OF_TIME or not kind.is_network
        }
        cost, n_genes = self._cost(plan, task), _n_genes(plan, task)
        same = kind.name, *parameters.items(), n_genes, _n_folds(task), task.score_genes
        family: object = kind.name
        if cost.epochs_of is not None:
            *_, n_inputs = cost.epochs_of
            family = (NETWORKS, "genes" if n_inputs == n_genes else "span")
        group = (task.split_number, kind.refitted, task.view.genes)
        return Piece(cost.seconds, same, family, trained=cost.networks, group=group)

    def time_epochs(self, plan: Plan, task: F) -> float | None:
        cost = self._cost(plan, task)
        if cost.epochs_of is None:
            return None
        return costs.time_epoch(*cost.epochs_of) / costs.expect_epoch(*cost.epochs_of)

    def _cost(self, plan: Plan, task: F) -> Cost:
        kind, parameters = task.model.kind, task.model.parameters
        fitting, n_genes = task.split.fitting_rows, _n_genes(plan, task)
        n_rows = len(fitting if kind.refitted else task.split.train)
        n_scored = len(fitting) + len(task.split.test)
        cost = costs.cost_of_rows(kind, n_scored, n_genes).times(self.prepared_share)
        cost += costs.cost_of_fit(kind, parameters, n_rows, n_genes)
        cost += costs.cost_of_scores(kind, n_scored, n_rows, n_genes)
        if n_folds := _n_folds(task):
            n_rest = n_rows - n_rows // n_folds
            of_fold = costs.cost_of_rows(kind, n_rest, n_genes)
            of_fold += costs.cost_of_fit(kind, parameters, n_rest, n_genes)
            of_fold += costs.cost_of_scores(kind, n_rows // n_folds, n_rest, n_genes)
            cost += of_fold.times(n_folds)
        if not task.scores_only:
            cost += costs.cost_of_turning_back(kind, parameters, n_rows, n_genes)
        if task.score_genes:
            # With every snapshot of a network, a block of permuted genes at a time.
            cost += costs.cost_of_gene_scores(kind, parameters, len(task.split.test), n_genes)
        return cost


def _n_genes(plan: Plan, task: Fit) -> int:
    return plan.cohort.n_genes if task.view.genes is None else len(task.view.genes)


def _n_folds(task: Fit) -> int:
    """How many more fits give scores out of fold; 0 where the model has its own."""
    return task.folds.n_folds if task.folds and not task.folds.own else 0
