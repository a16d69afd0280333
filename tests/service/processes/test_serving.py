"""`deepcme serve`, whole: what becomes of it when workers, models and signals come and go."""

import os
import signal
import sys
from pathlib import Path

import pytest

from deepcme.base.processes.shared import shared_place
from deepcme.trained.files import save_model
from tests.service.running import children, serve, wait_until
from tests.trained.panels.invented import invented_panel_model

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

SAMPLE = {
    "sample": "A",
    "values": {f"GENE{number}": 6.0 + number / 4 for number in range(1, 6)},
}
PREDICTIONS = "/v1/models/panel/predictions"


@pytest.fixture
def panel(tmp_path):
    save_model(invented_panel_model(), tmp_path / "panel")
    return tmp_path / "panel"


def put_another(folder, seed):
    """Put another model in the place of one, file by file as copying does; its SHA-256."""
    model = invented_panel_model(seed=seed)
    other = folder.parent / f"of-{seed}"
    if not other.exists():
        save_model(model, other)
    for file in other.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return model.sha256


def left_in_memory(pid):
    """What the command of a process has left where processes share."""
    return list(shared_place().glob(f".deepcme-*-{pid}-*"))


def test_it_says_where_replaces_a_killed_worker_and_ends_well(panel):
    with serve(panel.parent, panel, "--workers", 1) as service:
        (line,) = service.said().splitlines()
        assert line == (
            f"Serving panel 1 on {service.url} by 1 worker (process {service.process.pid}); "
            "Ctrl-C stops, SIGHUP reloads."
        )
        before = service.ask(PREDICTIONS, {"samples": [SAMPLE]})
        (worker,) = service.workers
        (private,) = left_in_memory(service.process.pid)
        assert private.stat().st_mode & 0o777 == 0o700
        os.kill(worker, signal.SIGKILL)
        service.wait_for("another one takes its place")
        assert f"A worker (process {worker}) ended by signal 9" in service.said()
        assert service.ask(PREDICTIONS, {"samples": [SAMPLE]}) == before
        assert service.workers != [worker]
        with service.process as process:
            service.signal(signal.SIGTERM)
            assert process.wait(30) == 0
        assert not private.exists()
        assert "Traceback" not in service.said()


@pytest.mark.slow
def test_a_reload_puts_other_models_in_place_only_if_they_are_whole(panel):
    first = invented_panel_model().sha256
    with serve(panel.parent, panel) as service:
        second = put_another(panel, seed=1)
        # Changed in place, and nobody has asked for it yet.
        assert service.sha256("panel") == first
        service.signal(signal.SIGHUP)
        service.wait_for("Reloaded: panel 1.")
        wait_until(lambda: len(children(service.process.pid)) == 2)
        assert service.sha256("panel") == second
        arrays = panel / "model.safetensors"
        arrays.write_bytes(arrays.read_bytes()[:-1])
        service.signal(signal.SIGHUP)
        service.wait_for("Not reloaded, and the models go on as they were:")
        assert f"{arrays}: the file is damaged" in service.said()
        (panel / "manifest.json").unlink()
        service.signal(signal.SIGHUP)
        service.wait_for("this is not a deepcme model")
        assert service.sha256("panel") == second


@pytest.mark.slow
def test_who_holds_the_models_is_replaced_with_the_models_that_it_held(panel):
    first = invented_panel_model().sha256
    with serve(panel.parent, panel) as service:
        put_another(panel, seed=1)
        holder, workers = service.holder, service.workers
        os.kill(holder, signal.SIGKILL)
        service.wait_for("Reloaded: panel 1.")
        assert "ended with code -9; another one takes its place." in service.said()
        assert service.sha256("panel") == first
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.slow
def test_nothing_runs_on_or_stays_when_the_service_is_killed(panel):
    with serve(panel.parent, panel) as service:
        processes = [service.holder, *service.workers]
        service.process.kill()
        service.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))
        assert left_in_memory(service.process.pid)
    with serve(panel.parent, panel):  # as every command does
        assert not left_in_memory(service.process.pid)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_stops_it_as_one_to_the_command(panel, number):
    """Ctrl-C and systemd signal all processes."""
    with serve(panel.parent, panel) as service:
        for pid in [*service.workers, service.holder, service.process.pid]:
            os.kill(pid, number)
        assert service.process.wait(30) == 0
        assert service.said().count("\n") == 1
