"""A service of three unlike models, and new patients for them."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme import Cohort
from deepcme.base.files.files import csv_text
from deepcme.service.models.served import ServedModel
from deepcme.service.settings import ServiceSettings
from deepcme.trained.new_samples import read_expression
from deepcme.trained.prediction import predict, round_predictions
from deepcme.trained.training import TrainingSettings, train_model
from tests.service.serving import serve_model, serving
from tests.trained.conftest import symbols
from tests.trained.panels.invented import invented_panel_model

TOKEN = "correct-horse-battery-staple"
N_GENES = 40


def values_of(n_samples, seed):
    """Log2 values around those that the invented panels know."""
    random = np.random.default_rng(seed)
    return (7 + random.normal(size=(n_samples, N_GENES))).astype(np.float32).round(3)


def model_of_all_genes():
    X = values_of(90, 0)
    cohort = Cohort.from_arrays(
        X,
        (X[:, 0] > 7).astype(int),
        samples=[f"A{i}" for i in range(len(X))],
        genes=symbols(N_GENES),
        endpoint="invented = 1 against 0",
        scale="log2",
        name="<b>odd</b> & named",
    )
    return train_model(cohort, TrainingSettings(repeats=1, model="LR"), quiet=True)


@dataclass(frozen=True)
class Service:
    """A running service, its models, and the values of new patients."""

    url: str
    models: Mapping[str, ServedModel]
    new: pd.DataFrame
    folder: Path

    def file(self, kind: str) -> Path:
        """The new patients as a table."""
        path = self.folder / f"new.{kind}"
        if kind == "csv":
            self.new.to_csv(path)
        else:
            self.new.to_parquet(path)
        return path

    def predicted(self, name: str) -> bytes:
        """What `deepcme predict` writes of them."""
        return csv_text(round_predictions(self._predict(name, self.file("csv")).table)).encode()

    def patient(self, name: str) -> tuple[dict[str, float], pd.DataFrame]:
        """Values of the first one by the model's genes, and what is predicted of them."""
        manifest = self.models[name].model.manifest
        genes = [*manifest.genes.others.get("symbol", manifest.genes.id)]
        if manifest.panel is not None and manifest.panel.reference is not None:
            genes += manifest.panel.reference.id
        path = self.folder / "one.csv"
        first = self.new.head(1)[genes]
        first.to_csv(path)
        return first.iloc[0].astype(object).to_dict(), self._predict(name, path).table

    def _predict(self, name: str, path: Path):
        model = self.models[name].model
        return predict(model, read_expression(path, model.manifest.genes))


@contextmanager
def serving_models(folder: Path, token: str | None = None) -> Iterator[Service]:
    new = pd.DataFrame(
        values_of(12, 1).astype(float).round(3),
        index=pd.Index([f"N{i}" for i in range(12)], name="sample"),
        columns=symbols(N_GENES),
    )
    models = {
        name: serve_model(name, model, folder)
        for name, model in (
            ("panel", invented_panel_model(genes=6)),
            ("all-genes", model_of_all_genes()),
            ("times", invented_panel_model("survival", genes=8)),
        )
    }
    settings = ServiceSettings(token=token, body_bytes=2_000_000)
    with serving(models, settings) as url, tempfile.TemporaryDirectory() as place:
        yield Service(url, models, new, Path(place))
