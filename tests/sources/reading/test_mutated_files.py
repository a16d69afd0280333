"""Real-shaped binary files, mutated: the project's own error, or a sound result.

Never a crash, another error, a minute, or a gigabyte: files are read in a worker process.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.attacks.crafted import sound_cohort
from tests.sources.geo import test_geo

MOST_MB = 1000
FEW, MANY = 40, 5_000
FEW_WITH_A_PROCESS = 8
MODEL = Path(__file__).parents[2] / "trained" / "models" / "schema_1" / "model"
CASES = [
    {
        "case_id": f"c{i}",
        "submitter_id": f"P{i}",
        "demographic": {"vital_status": "Dead", "days_to_death": 100 + i},
        "diagnoses": [
            {"ajcc_pathologic_m": "M0", "classification_of_tumor": "primary", "age": 1.5 * i},
            {"ajcc_pathologic_m": None, "treatments": [{"type": "x"}, {"type": "y"}]},
        ],
    }
    for i in range(4)
]


class Worker:
    """`reading_worker`, begun anew after a file that ended it."""

    def __init__(self, unchanged):
        self._environment = {**os.environ, "DEEPCME_UNCHANGED": str(unchanged)}
        self._process = None
        self.counts = {}

    def read(self, reader, path):
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.sources.reading_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=self._environment,
                cwd=Path(__file__).parents[3],
            )
        self._process.stdin.write(f"{reader}\t{path}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            code = self._process.wait()
            self.close()
            raise AssertionError(f"reading it as {reader} ended the process with code {code}")
        found = json.loads(answer)
        if found["peak_mb"] > MOST_MB:
            self.close()
            raise AssertionError(f"reading it as {reader} took {found['peak_mb']:.0f} MB")
        outcome = found["outcome"]
        assert outcome in ("sound", "refused"), outcome
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def close(self):
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Files as their programs write them, by the name of their kind."""
    folder = tmp_path_factory.mktemp("originals")
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        random.gamma(2.0, 30.0, (12, 6)).round(2),
        index=[f"TP{i}" for i in range(12)],
        columns=[f"S{i}" for i in range(6)],
    ).rename_axis("gene")
    frame.to_csv(folder / "plain.csv")
    (folder / "packed.csv.gz").write_bytes(
        gzip.compress((folder / "plain.csv").read_bytes(), mtime=1)
    )
    frame.to_parquet(folder / "snappy.parquet")
    frame.reset_index().to_parquet(folder / "gzip.parquet", compression="gzip", index=False)
    frame.to_excel(folder / "book.xlsx")
    series = folder / "GSE1_series_matrix.txt.gz"
    series.write_bytes(gzip.compress(test_geo.SERIES.encode(), mtime=1))
    sound_cohort(folder / "cohort.h5ad")
    counts = sparse.csr_matrix(random.poisson(2, (12, 7)).astype(np.float32))
    adata = ad.AnnData(
        counts,
        obs=pd.DataFrame({"site": list("aabbccddeeff")}, index=[f"S{i}" for i in range(12)]),
        var=pd.DataFrame({"symbol": list("ABCDEFG")}, index=[f"g{i}" for i in range(7)]),
        layers={"counts": counts.tocsc()},
        uns={"more": {"a": np.arange(3), "b": "text"}},
    )
    adata.raw = adata
    adata.write_h5ad(folder / "sparse.h5ad", compression="gzip")
    (folder / "cases.json").write_text(json.dumps(CASES))
    shutil.copy(MODEL / "manifest.json", folder / "manifest.json")
    return {path.name: path.read_bytes() for path in folder.iterdir()} | {"": folder}


@pytest.fixture(scope="module")
def worker(originals):
    worker = Worker(originals[""] / "plain.csv")
    yield worker
    worker.close()


KINDS = {
    "cohort.h5ad": ("cohort",),
    "sparse.h5ad": ("matrix", "table"),
    "snappy.parquet": ("matrix", "table"),
    "gzip.parquet": ("matrix", "table"),
    "book.xlsx": ("matrix", "table"),
    "packed.csv.gz": ("packed", "table"),
    "GSE1_series_matrix.txt.gz": ("series",),
    "cases.json": ("cases",),
    "manifest.json": ("model",),
}


@st.composite
def scrambled(draw, whole):
    """The bytes with some flipped, cut, put in, overwritten with equal ones, or swapped."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        if not content:
            break
        at = draw(st.integers(0, len(content) - 1))
        length = draw(st.sampled_from([1, 2, 4, 8, 32, 200]))
        match draw(st.sampled_from(["flip", "set", "cut", "insert", "run", "swap", "end"])):
            case "flip":
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                content[at : at + length] = draw(st.binary(min_size=1, max_size=length))
            case "cut":
                del content[at : at + length]
            case "insert":
                content[at:at] = draw(st.binary(max_size=length))
            case "run":
                byte = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x30, 0x20]))
                content[at : at + length] = bytes([byte]) * length
            case "swap":
                other = draw(st.integers(0, len(content) - 1))
                first, second = content[at : at + length], content[other : other + length]
                content[at : at + length], content[other : other + length] = second, first
            case "end":
                del content[at:]
    return bytes(content)


def read_scrambled(worker, originals, name, data):
    content = data.draw(scrambled(originals[name]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if name == "manifest.json":
            shutil.copytree(MODEL, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        path.write_bytes(content)
        for reader in KINDS[name]:
            worker.read(reader, path)


def drive(read, n_examples):
    """Have Hypothesis draw so many; what takes long to read is not shrunk."""

    @settings(
        max_examples=n_examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(data=st.data())
    def one(data):
        read(data)

    one()


@pytest.mark.parametrize("name", KINDS)
def test_scrambled_bytes(worker, originals, name):
    few = FEW_WITH_A_PROCESS if name.endswith(".h5ad") else FEW
    drive(lambda data: read_scrambled(worker, originals, name, data), few)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_very_many_scrambled_bytes(worker, originals, name, say):
    worker.counts = {}
    drive(lambda data: read_scrambled(worker, originals, name, data), MANY)
    say(f"{name}, scrambled: {worker.counts}")


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8).map(np.void),
    st.sampled_from(
        ["csr_matrix", "dataframe", "categorical", "dict", "null", "0.1.0", "rec-array"]
    ),
    st.lists(st.integers(-5, 10**6), max_size=3).map(lambda numbers: np.array(numbers, "i8")),
    st.just(np.array(["a", "a"], dtype=object)),
)
TYPES = ["i1", "u8", "f2", "f8", "c8", "S3", "?", ">i4", [("a", "i4"), ("b", "f4")]]


def change_one(file, draw):
    """Change one object of the file, or one of its attributes."""
    names = []
    file.visit(names.append)
    name = draw(st.sampled_from(sorted(names)))
    item = file[name]
    what = draw(
        st.sampled_from(["attribute", "drop", "link", "retype", "reshape", "values", "put"])
    )
    note(f"{what} of {name}")
    if what == "attribute":
        known = [*item.attrs, "encoding-type", "shape", "more"]
        key = draw(st.sampled_from(sorted(set(known))))
        if key in item.attrs:
            del item.attrs[key]
        if draw(st.booleans()):
            item.attrs[key] = draw(VALUES)
    elif what == "drop":
        del file[name]
    elif what == "link":
        target = draw(st.sampled_from([name, "/", *sorted(names)]))
        kind = draw(st.sampled_from(["soft", "hard", "external"]))
        goal = file[target] if kind == "hard" else h5py.SoftLink(f"/{target}")
        goal = h5py.ExternalLink("other.h5ad", target) if kind == "external" else goal
        del file[name]
        file[name] = goal
    elif isinstance(item, h5py.Dataset) and item.shape is not None:
        change_dataset(file, name, item, what, draw)
    else:
        del file[name]
        file[name] = draw(VALUES)


def change_dataset(file, name, item, what, draw):
    attributes, values = dict(item.attrs), item[()]
    shape = item.shape
    if what == "reshape":
        shape = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 12, 10**6, 10**12]), max_size=3)))
    kind = draw(st.sampled_from(TYPES)) if what == "retype" else item.dtype
    del file[name]
    if what == "put":
        file[name] = draw(VALUES)
    elif what == "values" and item_is_number(values):
        odd = draw(st.sampled_from([-1, 0, 10**6, float("nan"), float("inf"), 1e300]))
        with np.errstate(all="ignore"):
            values = np.array(values, dtype="f8")
            values.flat[: draw(st.integers(0, 5))] = odd
        file[name] = values
    else:
        chunks = tuple(min(n, 100) or 1 for n in shape) or None
        file.create_dataset(name, shape, kind, chunks=chunks, maxshape=None)
    for key, value in attributes.items():
        file[name].attrs[key] = value


def item_is_number(values):
    return np.asarray(values).dtype.kind in "iuf"


def read_changed(worker, originals, name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(originals[name])
        (Path(folder) / "other.h5ad").write_bytes(originals["cohort.h5ad"])
        with h5py.File(path, "r+") as file:
            for _ in range(data.draw(st.integers(1, 3))):
                try:
                    change_one(file, data.draw)
                except (OSError, ValueError, TypeError, KeyError, RuntimeError, OverflowError):
                    break  # h5py itself does not write such a thing
        for reader in KINDS[name]:
            worker.read(reader, path)


@pytest.mark.parametrize("name", ["cohort.h5ad", "sparse.h5ad"])
def test_changed_objects(worker, originals, name):
    drive(lambda data: read_changed(worker, originals, name, data), FEW_WITH_A_PROCESS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cohort.h5ad", "sparse.h5ad"])
def test_very_many_changed_objects(worker, originals, name, say):
    worker.counts = {}
    drive(lambda data: read_changed(worker, originals, name, data), MANY)
    say(f"{name}, changed: {worker.counts}")


@pytest.mark.parametrize("name", KINDS)
def test_what_is_not_changed_is_sound(worker, originals, name):
    worker.counts = {}
    folder = MODEL if name == "manifest.json" else originals[""]
    for reader in KINDS[name]:
        worker.read(reader, folder / name)
    assert worker.counts == {"sound": len(KINDS[name])}
