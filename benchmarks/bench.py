"""Time a training step of every implementation, interleaved in one run.

Each implementation has a process of its own, so that no allocator or thread
pool is shared; they take turns, and the median over the rounds is reported, so
that a busy spell of the machine falls on all of them. Tables and charts go to
docs/benchmarks.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from charts import plot_grid, plot_quick
from contenders import BY_LOSS, CONTENDERS, Size, set_up, time_evaluation, time_steps
from roofline import measure_roofline

TITLES = {
    "quick": "A training step at the paper's size",
    "grid": "A training step over the grid of sizes",
}
MADE_BY = {"quick": "make bench-quick", "grid": "make bench"}
OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
QUICK = Size(56_602, 64, 32)
GENES = (1_000, 5_000, 20_000, 56_602, 200_000)
WIDTHS = (32, 64, 128, 256)
BATCHES = (32, 64, 128)


def measure(size: Size, names: list[str], rounds: int, min_seconds: float) -> dict[str, float]:
    """Milliseconds per step of each contender, of the bound, and of native evaluation."""
    times: dict[str, list[float]] = {name: [] for name in [*names, "bound", "evaluation"]}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
            for name in names
        }
        bound = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        for name, worker in workers.items():
            worker.submit(set_up, name, size).result()
        for _ in range(rounds):
            for name, worker in workers.items():
                step = worker.submit(time_steps, min_seconds, size.batch_size).result()
                times[name].append(step)
            times["evaluation"].append(workers["native"].submit(time_evaluation).result())
            roofline = bound.submit(measure_roofline, size.n_genes * size.width).result()
            times["bound"].append(
                roofline.milliseconds(size.n_genes, size.width, size.batch_size)
            )
    medians = {name: float(pd.Series(values).median()) for name, values in times.items()}
    return {**medians, "bound": min(times["bound"])}


def with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add what the times are compared by."""
    native = table["native"]
    return table.assign(
        **{
            "usual / native": table["PyTorch, as usual"] / native,
            "tuned / native": table["PyTorch, tuned"] / native,
            "native / bound": native / table["bound"],
            "ns per weight": 1e6 * native / (table["genes"] * table["width"]),
            "evaluation / step": table["evaluation"] / native,
        }
    )


def machine() -> str:
    """The processor and its number of cores, in a line."""
    cpu_info = Path("/proc/cpuinfo")
    name = platform.processor() or platform.machine()
    if cpu_info.exists():
        lines = cpu_info.read_text().splitlines()
        models = [line.split(": ")[1] for line in lines if line.startswith("model name")]
        flags = next((line for line in lines if line.startswith("flags")), "")
        level = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "SSE2"
        name = f"{models[0] if models else name}, {level}"
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def row_of(size: Size, times: dict[str, float]) -> dict[str, float]:
    """One row of the table."""
    sizes = {"genes": size.n_genes, "width": size.width, "batch": size.batch_size}
    return {**sizes, **times}


def write(name: str, table: pd.DataFrame) -> None:
    """Write a table as CSV and as Markdown, with the machine named."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    table.to_csv(OUTPUT / f"{name}.csv", index=False, float_format="%.4g")
    lines = [
        f"# {TITLES[name]}",
        "",
        f"Milliseconds per training step on {machine()}; medians of interleaved rounds.",
        f"Made by `{MADE_BY[name]}`, which writes `docs/benchmarks/{name}.csv` too.",
        "",
        "| " + " | ".join(table.columns) + " |",
        "|" + " ---: |" * len(table.columns),
    ]
    for row in table.itertuples(index=False):
        cells = [f"{value:,}" if isinstance(value, int) else f"{value:.3g}" for value in row]
        lines.append("| " + " | ".join(cells) + " |")
    (OUTPUT / f"{name}.md").write_text("\n".join(lines) + "\n")


def run_quick() -> None:
    """The size of the paper; ends with the two ratios."""
    times = measure(QUICK, list(CONTENDERS), rounds=5, min_seconds=0.4)
    table = with_ratios(pd.DataFrame([row_of(QUICK, times)]))
    write("quick", table)
    plot_quick(times, machine()).save(OUTPUT / "quick.svg")
    for name in [*CONTENDERS, "bound"]:
        print(f"{name:20s} {times[name]:8.2f} ms per step")
    row = table.iloc[0]
    avx2 = times["native, AVX2"]
    print(
        f"AVX2: {times['PyTorch, as usual'] / avx2:.1f} and "
        f"{times['PyTorch, tuned'] / avx2:.1f} times faster than PyTorch, usual and tuned"
    )
    print(
        f"validation and snapshot: {row['evaluation / step']:.1f} steps; "
        f"native takes {row['native / bound']:.1f} times the bound"
    )
    print(f"native is {row['usual / native']:.1f} times faster than PyTorch as usually written")
    print(f"native is {row['tuned / native']:.1f} times faster than PyTorch tuned")


def run_grid() -> None:
    """Every size of the grid."""
    names = [name for name in CONTENDERS if name != "native, AVX2"]
    rows = []
    for n_genes, width, batch_size in itertools.product(GENES, WIDTHS, BATCHES):
        size = Size(n_genes, width, batch_size)
        rows.append(row_of(size, measure(size, names, rounds=3, min_seconds=0.2)))
        table = with_ratios(pd.DataFrame(rows))
        print(table.tail(1).round(3).to_string(header=len(rows) == 1, index=False), flush=True)
        write("grid", table)  # after every size, so that a run cut short leaves what it has
    plot_grid(table, machine()).save(OUTPUT / "grid.svg")


def run_losses() -> None:
    """What a step by Cox's loss takes beside one by cross-entropy, at the paper's size."""
    for batch_size in (64, 128):
        size = Size(QUICK.n_genes, QUICK.width, batch_size)
        times = measure(size, list(BY_LOSS), rounds=15, min_seconds=0.4)
        print(
            f"batch {batch_size}: {times['native']:.2f} ms by cross-entropy, "
            f"{times['native, Cox'] / times['native']:.3f} times as long by Cox's loss",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one size, under a minute")
    parser.add_argument("--losses", action="store_true", help="Cox's loss and cross-entropy")
    arguments = parser.parse_args()
    if arguments.quick:
        run_quick()
    elif arguments.losses:
        run_losses()
    else:
        run_grid()
