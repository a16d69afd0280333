"""The least time a training step could take on this machine, from its measured speeds."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("roofline.cpp")


@dataclass(frozen=True)
class Roofline:
    """Measured speeds, and the bound on a step that follows from them."""

    bytes_per_second: float
    operations_per_second: float
    updates_per_second: float

    def milliseconds(self, n_genes: int, width: int, batch_size: int) -> float:
        """Memory and arithmetic can overlap, so the slower of the two is the bound.

        A step reads and writes each weight and its two moments once, and reads
        the rows of this batch and of the next. Each weight takes part in two
        products over the batch and in one Adam update.
        """
        n_weights = n_genes * width
        n_bytes = 24 * n_weights + 2 * 4 * batch_size * n_genes
        memory = n_bytes / self.bytes_per_second
        products = 4 * batch_size * n_weights / self.operations_per_second
        arithmetic = products + n_weights / self.updates_per_second
        return 1e3 * max(memory, arithmetic)


def measure_roofline(n_weights: int) -> Roofline:
    """Measure memory with arrays as large as the weights, arithmetic in cache."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "roofline.so"
        compiler = os.environ.get("CXX", "c++")
        options = ("-O3", "-std=c++20", "-march=native", "-fopenmp", "-shared", "-fPIC")
        precision = ("-fno-math-errno", "-fno-trapping-math")
        subprocess.run(
            [compiler, *options, *precision, str(SOURCE), "-o", str(library)], check=True
        )
        functions = ctypes.CDLL(str(library))
        for name in ("sweep_bandwidth", "multiply_add_rate", "adam_rate"):
            getattr(functions, name).restype = ctypes.c_double
        return Roofline(
            functions.sweep_bandwidth(ctypes.c_int64(n_weights)),
            functions.multiply_add_rate(),
            functions.adam_rate(),
        )
