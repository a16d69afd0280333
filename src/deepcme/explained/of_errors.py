"""Which text tells more about an error: its own topic, or that of the module that raised it."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from deepcme.base.errors import DeepCMEError

_TOPICS = {
    "base.files.locks": "results-folder",
    "base.files.toml": "study-file",
    "base.files.writable": "results-folder",
    "base.hdf5": "files",
    "base.memory": "memory",
    "cohort.endpoints": "outcome",
    "cohort.endpoints.follow_up": "follow-up",
    "cohort.endpoints.survival": "follow-up",
    "cohort.endpoints.times": "follow-up",
    "cohort.endpoints.units": "follow-up",
    "cohort.at_horizon": "follow-up",
    "cohort.cohort": "files",
    "cohort.follow_up": "follow-up",
    "cohort.survival": "follow-up",
    "cohort.outcome": "outcome",
    "cohort.genes": "genes",
    "cohort.scales": "scale",
    "cohort.indices": "clinical-columns",
    "cohort.merging": "several-cohorts",
    "cohort.tissues": "patients",
    "cohort.filters": "patients",
    "cohort.making": "patients",
    "cohort.splits": "few-events",
    "cohort.folds": "few-events",
    "evaluation.sample_size": "few-events",
    "evaluation.survival.censoring": "follow-up",
    "evaluation.survival.planning": "few-events",
    "models.signatures": "signature-scores",
    "network.engines.choice": "installing",
    "report.results": "results-folder",
    "simulation": "few-events",
    "sources": "files",
    "sources.assembly": "patients",
    "sources.assembly.expression": "genes",
    "sources.assembly.hcmdb": "outcome",
    "sources.assembly.labels": "outcome",
    "sources.fetching": "fetching",
    "sources.gdc.api": "fetching",
    "sources.gdc.catalogue": "fetching",
    "sources.gdc.download": "fetching",
    "sources.gene_mapping": "genes",
    "sources.reading.gene_columns": "genes",
    "sources.reading.ids": "patients",
    "sources.reading.probemap": "genes",
    "study": "study-file",
    "study.designs": "few-events",
    "study.identity": "results-folder",
    "study.older": "results-folder",
    "study.others": "several-cohorts",
    "study.parts.added_value": "clinical-columns",
    "study.parts.cox_clinical": "clinical-columns",
    "study.parts.others": "several-cohorts",
    "study.parts.predictors": "clinical-columns",
    "study.result_files": "results-folder",
    "study.store": "results-folder",
    "trained": "new-samples",
    "trained.panels": "panel-files",
    "trained.panels.candidates": "genes",
    "trained.settings": "study-file",
    "trained.signatures": "signature-scores",
    "verbs.planning": "few-events",
    "verbs.reading": "files",
}
"""By the beginning of a module's name within the package; the longest that fits."""


def topic_of(error: BaseException) -> str | None:
    """Name of the text about an error; None if there is none.

    The error's own topic, or else that of the innermost module which has one. An error that
    was raised anew, as with a file's name before it, is where its cause was raised.
    """
    asked: BaseException | None = error
    modules: list[str] = []
    while isinstance(asked, DeepCMEError):
        if asked.topic is not None:
            return asked.topic
        modules += _modules(asked.__traceback__)
        asked = asked.__cause__
    topics = map(_topic_of_module, reversed(modules))
    return next((topic for topic in topics if topic is not None), None)


def _modules(traceback: TracebackType | None) -> Iterator[str]:
    """Names of the package's modules on the way to an error, without the package's own."""
    while traceback is not None:
        package, _, module = traceback.tb_frame.f_globals.get("__name__", "").partition(".")
        if package == "deepcme":
            yield module
        traceback = traceback.tb_next


def _topic_of_module(module: str) -> str | None:
    while module and module not in _TOPICS:
        module = module.rpartition(".")[0]
    return _TOPICS.get(module)
