"""What is counted of requests: how many, how long, how many samples; nothing of what they hold.

Where `PROMETHEUS_MULTIPROC_DIR` names a folder, each worker counts in a file of its own there,
and any of them tells the sum (prometheus_client, "Multiprocess Mode").
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from deepcme.service.models.served import ServedModel

__all__ = ["METRICS_TYPE", "Metrics"]

METRICS_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The counts of a worker.

    Parameters
    ----------
    models : iterable of ServedModel
    """

    def __init__(self, models: Iterable[ServedModel]) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "deepcme_requests",
            "Requests by address, method and status.",
            ("address", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "deepcme_request_seconds",
            "Time from the first line of a request to the end of its answer.",
            ("address",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._samples = Counter(
            "deepcme_samples",
            "Samples that a model was asked for.",
            ("model",),
            registry=registry,
        )
        self._under_way = Gauge(
            "deepcme_requests_under_way",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        served = Gauge(
            "deepcme_model",
            "1 for each model that is served.",
            ("name", "version", "sha256"),
            multiprocess_mode="livemax",
            registry=registry,
        )
        for model in models:
            served.labels(model.name, model.version, model.sha256).set(1)
            self._samples.labels(model.name)

    def begin(self) -> None:
        """Count a request that came."""
        self._under_way.inc()

    def end(self, address: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered.

        Parameters
        ----------
        address : str
            As the routes write it; of none, what stands for all others.
        method : str
        status : int
        seconds : float
        """
        self._under_way.dec()
        named = method if method in _METHODS else "other"
        self._requests.labels(address, named, str(status)).inc()
        self._seconds.labels(address).observe(seconds)

    def count_samples(self, model: str, n_samples: int) -> None:
        """Count samples that a model was asked for."""
        self._samples.labels(model).inc(n_samples)

    def text(self) -> bytes:
        """All counts, as Prometheus reads them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry)
