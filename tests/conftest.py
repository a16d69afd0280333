"""Small invented cohorts, and the real ones where they are at hand."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.report import page
from deepcme.report.figures.drawing import begin_drawing
from deepcme.sources.examples import load_transbig

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
BINARY_EXAMPLE = {"cohort": {"example": "transbig", "leave_out_censored": True}}
"""Settings of a binary study of the example."""
BINARY_EXAMPLE_TOML = '[cohort]\nexample = "transbig"\nleave_out_censored = true\n'
"""The same in a study file."""


def pytest_configure(config: pytest.Config) -> None:
    """Each worker of a parallel run has one core: more threads would wait for each other."""
    if config.getoption("numprocesses", None):
        os.environ.setdefault("OMP_NUM_THREADS", "1")


class _Undrawn:
    """Leaves files of the charts' names."""

    def draw(self, charts: Mapping[str, Any], *, for_journal: bool = False) -> None:
        self._names = list(charts)

    def write(self, folder: Path) -> list[str]:
        files = [f"{name}{suffix}" for name in self._names for suffix in (".svg", ".pdf")]
        folder.mkdir(exist_ok=True)
        for file in files:
            (folder / file).write_text("left undrawn by the tests\n", encoding="utf-8")
        return files


@pytest.fixture(scope="session", autouse=True)
def _undrawn_charts() -> Iterator[None]:
    """Reports of the tests have their charts in the page alone: drawing is half of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "begin_drawing", lambda: nullcontext(_Undrawn()))
        yield


@contextmanager
def drawn_charts() -> Iterator[None]:
    """Draw the charts of reports here, as a user's are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "begin_drawing", begin_drawing)
        yield


@pytest.fixture
def shared_data() -> Path:
    """Folder of the real cohorts; tests that need it skip aloud where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real cohorts are not at {SHARED}")
    return SHARED


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20231106)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print what a slow proof found, whether or not pytest captures the output."""

    def print_past_capture(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return print_past_capture


def invented_cohort(
    n_patients: int = 60,
    n_genes: int = 12,
    positives: int = 20,
    scale: str = "fpkm",
    seed: int = 0,
    tissue: list[str] | None = None,
    names: Callable[[int], str] = "gene{}".format,
) -> Cohort:
    """One sample per patient, gene0 higher in positives; linear values above 0."""
    random = np.random.default_rng(seed)
    label = np.r_[np.ones(positives), np.zeros(n_patients - positives)]
    X = random.gamma(2.0, 3.0, size=(n_patients, n_genes))
    X[label == 1, 0] *= 3
    return Cohort.from_arrays(
        X,
        label,
        samples=[f"S{i}" for i in range(n_patients)],
        patients=[f"P{i}" for i in range(n_patients)],
        genes=[names(i) for i in range(n_genes)],
        tissue=tissue,
        endpoint="invented = 1 against 0",
        scale=scale,  # type: ignore[arg-type]
        name="invented",
    )


def binary_transbig() -> Cohort:
    """The example as version 0.1 had it: event within 5 years, the censored left out."""
    return leave_out_censored(load_transbig())


@pytest.fixture
def cohort() -> Cohort:
    return invented_cohort()


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """An expression table and a samples table of 30 samples and 5 genes."""
    random = np.random.default_rng(1)
    ids = [f"S{i:02d}" for i in range(30)]
    expression = pd.DataFrame(
        random.gamma(2.0, 20.0, (30, 5)).round(3),
        index=ids,
        columns=["A1", "B2", "C3", "D4", "E5"],
    )
    expression.iloc[::3, 2] = 0.0
    samples = pd.DataFrame(
        {
            "sample_id": ids,
            "patient_id": [f"P{i // 2:02d}" for i in range(30)],
            "relapse": [1 if i % 3 == 0 else 0 for i in range(30)],
            "site": ["north", "south"] * 15,
            "age": range(40, 70),
        }
    )
    expression.rename_axis("sample_id").to_csv(tmp_path / "expression.csv")
    samples.to_csv(tmp_path / "samples.csv", index=False)
    return tmp_path / "expression.csv", tmp_path / "samples.csv"
