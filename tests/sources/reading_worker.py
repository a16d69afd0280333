"""Reads the files it is told of, one after the other, and says how each went.

A process of its own: what kills it, holds it up or fills its memory fails a test, and does
not end the tests.
"""

import contextlib
import faulthandler
import gzip
import json
import os
import re
import resource
import sys
import warnings
from pathlib import Path

import numpy as np

from deepcme.audit.audit import audit_cohort
from deepcme.base.errors import DeepCMEError
from deepcme.cli.data.saying import lines_about
from deepcme.cohort.cohort import Cohort
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.gdc.cases import read_cases
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.reading.matrices import genes_in_rows, read_matrix
from deepcme.sources.reading.reading import read_table
from deepcme.trained.files import load_model

SECONDS = 60


def _matrix(path):
    matrix = read_matrix(path, genes_in_rows, [])
    assert matrix.values.dtype == np.float32
    assert matrix.values.shape == (len(matrix.samples), len(matrix.genes))
    assert matrix.values.size and not np.isinf(matrix.values).any()
    assert len(set(matrix.samples)) == len(matrix.samples)
    return matrix.values


def _table(path):
    table = read_table(path, [])
    assert len(table) and table.columns.is_unique


def _sound_cohort(cohort):
    assert cohort.X.shape == (cohort.n_samples, cohort.n_genes)
    assert not np.isinf(cohort.X).any()
    assert len(set(cohort.samples)) == cohort.n_samples
    assert len(set(cohort.gene_ids)) == cohort.n_genes
    assert set(cohort.labels) == {0, 1}
    assert all(isinstance(line, str) for line in lines_about(cohort.notes, cohort.flow))
    audit_cohort(cohort)


def _cohort(path):
    _sound_cohort(Cohort.load(path))


def _series(path):
    _sound_cohort(cohort_from_geo([path], label_rule("relapse")))


def _packed(path):
    """What is packed with a checksum comes out as it went in, or not at all."""
    values = _matrix(path)
    expected = _matrix(Path(os.environ["DEEPCME_UNCHANGED"]))
    np.testing.assert_array_equal(values, expected)


READERS = {
    "matrix": _matrix,
    "packed": _packed,
    "table": _table,
    "cohort": _cohort,
    "series": _series,
    "cases": read_cases,
    "model": lambda path: load_model(path.parent),
}


def _peak_mb():
    # What getrusage tells of a process itself begins at the peak of its parent, the tests.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main():
    warnings.simplefilter("error")
    said = sys.stdout
    for line in sys.stdin:
        reader, path = line.rstrip("\n").split("\t")
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                READERS[reader](Path(path))
            outcome = "sound"
        except DeepCMEError as error:
            outcome = "refused" if "\n" not in str(error) else f"lines: {error}"
        except gzip.BadGzipFile as error:
            outcome = f"gzip: {error!r}"
        except BaseException as error:
            outcome = f"{type(error).__name__}: {error}"[:500]
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps({"outcome": outcome, "peak_mb": _peak_mb()}), file=said, flush=True)


if __name__ == "__main__":
    main()
