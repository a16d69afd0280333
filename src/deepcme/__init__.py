"""Predict metastasis from gene expression, name the genes, and say how good it is.

Public names are loaded on first use, so that importing the package is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from deepcme.base.version import __version__ as __version__

if TYPE_CHECKING:
    from deepcme import datasets as datasets
    from deepcme import plots as plots
    from deepcme.base.errors import DeepCMEError as DeepCMEError
    from deepcme.cohort.at_horizon import leave_out_censored as leave_out_censored
    from deepcme.cohort.cohort import Cohort as Cohort
    from deepcme.cohort.survival import SurvivalOutcome as SurvivalOutcome
    from deepcme.models.baselines import TunedLogisticRegression as TunedLogisticRegression
    from deepcme.models.baselines import make_baseline as make_baseline
    from deepcme.models.classifier import DeepCMEClassifier as DeepCMEClassifier
    from deepcme.models.committee.committee import DeepCMECommittee as DeepCMECommittee
    from deepcme.models.committee.survival import (
        DeepCMESurvivalCommittee as DeepCMESurvivalCommittee,
    )
    from deepcme.models.ensemble import DeepCMEEnsemble as DeepCMEEnsemble
    from deepcme.models.preprocessing import ClippedStandardScaler as ClippedStandardScaler
    from deepcme.models.preprocessing import Log2Transformer as Log2Transformer
    from deepcme.models.preprocessing import MedianImputer as MedianImputer
    from deepcme.models.preprocessing import PrevalenceFilter as PrevalenceFilter
    from deepcme.models.signatures.matching import match_signature as match_signature
    from deepcme.models.signatures.published import load_signature as load_signature
    from deepcme.models.survival.cox_lasso import CoxElasticNet as CoxElasticNet
    from deepcme.models.survival.cox_regression import CoxRegression as CoxRegression
    from deepcme.models.survival.cox_ridge import CoxRidge as CoxRidge
    from deepcme.models.survival.cox_ridge import CoxTopGenes as CoxTopGenes
    from deepcme.models.survival.ensemble import (
        DeepCMESurvivalEnsemble as DeepCMESurvivalEnsemble,
    )
    from deepcme.models.survival.network import DeepCMESurvival as DeepCMESurvival
    from deepcme.report.notebook import read_report as read_report
    from deepcme.selection.panels.panels import GenePanelClassifier as GenePanelClassifier
    from deepcme.selection.panels.panels import GenePanelSurvival as GenePanelSurvival
    from deepcme.verbs.auditing import audit as audit
    from deepcme.verbs.cards import card as card
    from deepcme.verbs.models import load_model as load_model
    from deepcme.verbs.models import predict as predict
    from deepcme.verbs.models import validate as validate
    from deepcme.verbs.planning import power as power
    from deepcme.verbs.planning import simulate as simulate
    from deepcme.verbs.reading import read_geo as read_geo
    from deepcme.verbs.reading import read_table as read_table
    from deepcme.verbs.running import report as report
    from deepcme.verbs.running import run as run
    from deepcme.verbs.training import train as train

_NAMES = {
    "base.errors": "DeepCMEError",
    "cohort.at_horizon": "leave_out_censored",
    "cohort.cohort": "Cohort",
    "cohort.survival": "SurvivalOutcome",
    "models.baselines": "TunedLogisticRegression make_baseline",
    "models.classifier": "DeepCMEClassifier",
    "models.committee.committee": "DeepCMECommittee",
    "models.committee.survival": "DeepCMESurvivalCommittee",
    "models.ensemble": "DeepCMEEnsemble",
    "models.preprocessing": "ClippedStandardScaler Log2Transformer "
    "MedianImputer PrevalenceFilter",
    "models.signatures.matching": "match_signature",
    "models.signatures.published": "load_signature",
    "models.survival.cox_lasso": "CoxElasticNet",
    "models.survival.cox_regression": "CoxRegression",
    "models.survival.cox_ridge": "CoxRidge CoxTopGenes",
    "models.survival.ensemble": "DeepCMESurvivalEnsemble",
    "models.survival.network": "DeepCMESurvival",
    "report.notebook": "read_report",
    "selection.panels.panels": "GenePanelClassifier GenePanelSurvival",
    "verbs.auditing": "audit",
    "verbs.cards": "card",
    "verbs.models": "load_model predict validate",
    "verbs.planning": "power simulate",
    "verbs.reading": "read_geo read_table",
    "verbs.running": "report run",
    "verbs.training": "train",
}
_HOMES = {name: f"deepcme.{home}" for home, names in _NAMES.items() for name in names.split()}
_MODULES = ("datasets", "plots")
__all__ = ["__version__", *_HOMES, *_MODULES]


class _FrontDoor(ModuleType):
    """The package, whose verbs stay functions where a folder has the name of one.

    Python sets each folder that is imported on the package by its name: `audit` and `report`
    would be modules from then on. What is in them is imported with ``from``, as in ``from
    deepcme.report import page``; ``import deepcme.report.page as page`` asks the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"deepcme.{name}")
    raise AttributeError(f"module 'deepcme' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
