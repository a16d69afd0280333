"""The service under load: requests a second of a panel, and memory with a model of all genes.

`wrk` and the service share the computer's cores, as the bar of both has it: look at what else
runs, which is told. Memory is the proportional set size (PSS) of every process of the service,
where pages that several share count once.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

import deepcme
from deepcme.cohort.cohort import Cohort
from deepcme.trained.files import load_model, save_model
from deepcme.trained.training import TrainingSettings, train_model

GENES, SAMPLES = 56_602, 100
CONNECTIONS, PATIENTS = 64, 100
MIB = 1 << 20
KINDS = {"CSV": "text/csv", "Parquet": "application/vnd.apache.parquet"}
_SCRIPT = """
local bodies = {}
for body in io.lines("{bodies}") do bodies[#bodies + 1] = body end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local asked = 0
request = function()
  asked = asked + 1
  return wrk.format(nil, nil, nil, bodies[asked % #bodies + 1])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("answers %d\\nseconds %.3f\\np50 %.2f\\np99 %.2f\\nmost %.2f\\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000))
  io.write(string.format("refused %d\\nbroken %d\\n", errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


@contextmanager
def serving(*words: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command, and the port that it listens at."""
    command = [sys.executable, "-m", "deepcme", "serve", *map(str, words), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def family(pid: int) -> list[int]:
    """A process and those that it and they have started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def memory(pid: int) -> float:
    """Proportional set size of a process and all that it has started, in MiB."""
    total = 0
    for each in family(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:  # it has ended
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
    return total / 1024


def make_panel(folder: Path) -> None:
    """A linear panel of 20 genes of a simulated cohort."""
    cohort = deepcme.simulate(samples=200, genes=300, events=80, seed=2)
    model = train_model(cohort, TrainingSettings(panel=20, repeats=1))
    assert model.manifest.panel is not None and model.manifest.panel.refit == "linear"
    save_model(model, folder)


def make_genome(folder: Path) -> None:
    """The default ensemble of as many genes as the paper's data have, and of their size."""
    random = np.random.default_rng(1)
    labels = np.arange(200) % 2
    values = random.normal(8, 1, (200, GENES)).astype(np.float32)
    values[labels == 1, :300] += 0.5  # so that networks learn for long enough to keep all
    cohort = Cohort.from_arrays(
        values,
        labels,
        samples=[f"T{number}" for number in range(200)],
        genes=[f"ENSG{number:011d}" for number in range(GENES)],
        endpoint="invented",
        scale="log2",
        name="invented",
    )
    save_model(train_model(cohort, TrainingSettings(repeats=1)), folder)


def measure_rate(folder: Path, workers: int, seconds: int) -> None:
    """Single samples of a panel, by `wrk`."""
    with (
        serving(folder, "--workers", workers) as (process, port),
        tempfile.TemporaryDirectory() as place,
    ):
        bodies, script = Path(place) / "bodies", Path(place) / "ask.lua"
        bodies.write_text("\n".join(patients_of(folder)))
        script.write_text(_SCRIPT.replace("{bodies}", str(bodies)))
        address = f"http://127.0.0.1:{port}/v1/models/{folder.name}/predictions"
        ask = ["wrk", "-t1", f"-c{CONNECTIONS}", "--timeout", "30s", "-s", str(script)]
        subprocess.run([*ask, "-d3", address], check=True, capture_output=True)
        load, began = os.getloadavg()[0], cpu_seconds(process.pid)
        said = subprocess.run(
            [*ask, f"-d{seconds}", address], check=True, capture_output=True, text=True
        ).stdout
        used = cpu_seconds(process.pid) - began
    found = re.findall(r"^(\w+) ([\d.]+)$", said, re.MULTILINE)
    told = {name: float(value) for name, value in found}
    print(
        f"20-gene panel, one sample a request, {CONNECTIONS} clients, {workers} workers:\n"
        f"  {told['answers'] / told['seconds']:,.0f} requests/s (bar 500)\n"
        f"  {told['p50']:.0f} ms median, {told['p99']:.0f} ms 99th percentile (bar 250), "
        f"{told['most']:.0f} ms at most\n"
        f"  {told['refused']:.0f} refused, {told['broken']:.0f} broken (bar 0)\n"
        f"  {1000 * used / told['answers']:.2f} ms of processor a request; load average "
        f"before {load:.1f} on {os.cpu_count()} processors"
    )


def patients_of(folder: Path) -> list[str]:
    """Bodies of requests: invented patients like those that a panel learned from."""
    model = load_model(folder)
    random = np.random.default_rng(0)
    statistics, n_genes = model.statistics, model.n_genes
    deviations = random.normal(size=(PATIENTS, n_genes)).clip(-1.5, 1.5)
    values = statistics.mean + statistics.scale * deviations
    if model.manifest.preprocessing.log2:
        values = 2 ** np.maximum(values, 0) - 1
    return [
        json.dumps(
            {
                "samples": [
                    {
                        "sample": f"new-{number}",
                        "values": dict(
                            zip(model.manifest.genes.id, of_one.round(3).tolist(), strict=True)
                        ),
                    }
                ]
            }
        )
        for number, of_one in enumerate(values)
    ]


def cpu_seconds(pid: int) -> float:
    """Seconds of processor that a process and those that it has started have used."""
    ticks = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure_memory(folder: Path, panel: Path, workers: int, uploads: int, kind: str) -> None:
    """Uploads of a hundred samples of all genes, as many at a time as there are workers."""
    size = (folder / "model.safetensors").stat().st_size / MIB
    with serving(panel, "--workers", workers) as (process, _):
        bare = memory(process.pid)
    body = some_samples(folder, kind)
    with serving(folder, "--workers", workers, "--timeout", 600) as (process, port):
        idle, most, stop = memory(process.pid), [0.0], threading.Event()

        def watch() -> None:
            while not stop.wait(0.02):
                most[0] = max(most[0], memory(process.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        began = time.perf_counter()
        statuses: list[int] = []
        clients = [
            threading.Thread(
                target=upload, args=(port, folder.name, body, kind, uploads, statuses)
            )
            for _ in range(workers)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        took = time.perf_counter() - began
        stop.set()
        watching.join()
        after = memory(process.pid)
    work = most[0] - bare
    print(
        f"{GENES:,}-gene model of {size:.0f} MiB, uploads of {SAMPLES} samples ({kind}, "
        f"{len(body) / MIB:.0f} MiB) by as many clients as workers, {workers}:\n"
        f"  {len(statuses)} answers in {took:.0f} s, of status {sorted(set(statuses))}\n"
        f"  all processes together: {idle:.0f} MiB before, {most[0]:.0f} at most "
        f"({most[0] / size:.2f} times the model; bar 2), {after:.0f} after\n"
        f"  beyond the {bare:.0f} MiB of a service of the 20-gene panel: "
        f"{(idle - bare) / size:.2f} times the model before, {work / size:.2f} at most"
    )


def some_samples(folder: Path, kind: str) -> bytes:
    """A hundred invented samples of a model's genes."""
    model = load_model(folder)
    random, statistics = np.random.default_rng(2), model.statistics
    deviations = random.normal(size=(SAMPLES, model.n_genes))
    values = (statistics.mean + statistics.scale * deviations).astype(np.float32)
    table = pd.DataFrame(values, columns=model.manifest.genes.id)
    table.insert(0, "sample", [f"new-{number}" for number in range(SAMPLES)])
    if kind == "CSV":
        return table.round(3).to_csv(index=False).encode()
    packed = io.BytesIO()
    table.to_parquet(packed)
    return packed.getvalue()


def upload(
    port: int, name: str, body: bytes, kind: str, times: int, statuses: list[int]
) -> None:
    """Upload a table so many times, and note what came of it."""
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
        headers = {"Content-Type": KINDS[kind]}
        connection.request("POST", f"/v1/models/{name}/predictions", body, headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        connection.close()


def main() -> None:
    """Print what is asked for, both as default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=Path, help="keeps the models that are made, for next time"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--uploads", type=int, default=4, help="of each client")
    parser.add_argument("--only", choices=["rate", "memory"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        models = asked.models or Path(place)
        panel, genome = models / "panel", models / "genome"
        if not panel.exists():
            make_panel(panel)
        if asked.only != "memory":
            measure_rate(panel, asked.workers, asked.seconds)
        if asked.only != "rate":
            if not genome.exists():
                make_genome(genome)
            for kind in KINDS:
                measure_memory(genome, panel, asked.workers, asked.uploads, kind)


if __name__ == "__main__":
    main()
