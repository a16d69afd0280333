"""The service as a process of its own, with small limits: asked rightly, wrongly and in raw bytes."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deepcme.trained.files import save_model
from tests.attacks.running import Running, running
from tests.trained.panels.invented import invented_panel_model

TOKEN = "kept-secret-0123456789"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
GENES = [f"GENE{number}" for number in range(1, 6)]
VALUES = dict(zip(GENES, [7.1, 6.4, 7.9, 8.2, 6.6], strict=True))
ASKED = "/v1/models/panel/predictions"
LIMITS = {
    "body_bytes": 4_000_000,
    "json_bytes": 2_000_000,
    "held_bytes": 16_000_000,
    "unfolded_bytes": 32_000_000,
    "samples": 200,
    "columns": 5000,
    "cells": 200_000,
    "at_work": 1,
    "waiting": 4,
    "header_bytes": 16_384,
    "header_seconds": 1.5,
    "body_seconds": 1.5,
    "prediction_seconds": 30.0,
}
SLOWEST = 20.0
"""Seconds within which anything is refused, on a machine that has other work."""

_BEFORE = """
from pathlib import Path
from deepcme.service.serving import serve
from deepcme.service.settings import ServiceSettings
"""


@dataclass(frozen=True)
class Reply:
    """An answer in raw bytes: its status (0 where there is none), and all that came."""

    status: int
    raw: bytes

    @property
    def count(self) -> int:
        """Answers that came one after the other."""
        return len(re.findall(rb"HTTP/1\.[01] \d{3} ", self.raw))


@dataclass(frozen=True)
class AttackedService:
    """A running service of one panel, and of one that is asked for nothing."""

    command: Running
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request with the token, which more may replace."""
        headers = {**RIGHT, **more.pop("headers", {})}
        with httpx.Client(
            base_url=self.url, timeout=30, trust_env=False, verify=False
        ) as client:
            return client.request(method, path, headers=headers, **more)

    def predict(self, body: bytes, kind: str = "application/json", **headers: str):
        return self.ask("POST", ASKED, content=body, headers={"Content-Type": kind, **headers})

    def raw(self, *pieces: bytes, pause: float = 0.0, wait: float = SLOWEST) -> Reply:
        """What comes back until the service closes the connection, or time is up."""
        came = b""
        give_up = time.monotonic() + wait
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    if pause:
                        time.sleep(pause)
            except OSError:
                pass  # it has had enough; what it said may still be there
            connection.settimeout(0.2)
            while time.monotonic() < give_up:
                try:
                    received = connection.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    break
                if not received:
                    break
                came += received
            else:
                raise AssertionError(f"the connection was left open: {came[:200]!r}")
        status = re.match(rb"HTTP/1\.[01] (\d{3}) ", came)
        return Reply(int(status[1]) if status else 0, came)

    def predicted(self) -> float:
        """What it says of a patient who is always the same."""
        answer = self.predict(body_of(VALUES))
        assert answer.status_code == 200, answer.text
        return answer.json()["predictions"][0]["probability"]

    def forget_peaks(self) -> dict[int, float]:
        """Memory of each process, from which peaks are measured anew."""
        for number in self._processes():
            Path(f"/proc/{number}/clear_refs").write_text("5")
        return {number: self._memory(number, "VmRSS") for number in self._processes()}

    def growth_mb(self, before: dict[int, float]) -> float:
        """By how much its processes, new ones as well, took more in the meantime."""
        peaks = {number: self._memory(number, "VmHWM") for number in self._processes()}
        return sum(max(0.0, peak - before.get(number, 0.0)) for number, peak in peaks.items())

    def _processes(self) -> list[int]:
        return [number for number, _ in self.command.processes()]

    @staticmethod
    def _memory(number: int, what: str) -> float:
        try:
            status = Path(f"/proc/{number}/status").read_text()
        except OSError:
            return 0.0
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0


def body_of(values: object, **more: object) -> bytes:
    return json.dumps({"samples": [{"sample": "S1", "values": values}], **more}).encode()


def request_of(
    path: str, *headers: str, method: str = "GET", body: bytes = b"", token: str = TOKEN
) -> bytes:
    """A request as bytes, as it is written here."""
    sent = [f"Authorization: Bearer {token}"] if token else []
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *sent, *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def attacked_service(folder: Path, **limits: object) -> Iterator[AttackedService]:
    save_model(invented_panel_model(genes=GENES), folder / "panel")
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    settings = {**LIMITS, "token": TOKEN, **limits}
    call = (
        f"serve([Path({str(folder / 'panel')!r})], ServiceSettings(**{settings!r}), "
        f"port={port}, n_workers=1)"
    )
    with running(folder, before=_BEFORE, call=call) as command:
        service = AttackedService(command, port)
        command.wait_for(lambda: _is_ready(service))
        yield service


def _is_ready(service: AttackedService) -> bool:
    try:
        return service.ask("GET", "/ready", headers={"Authorization": ""}).status_code == 200
    except httpx.HTTPError:
        return False
