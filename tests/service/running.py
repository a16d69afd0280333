"""`deepcme serve` as a user starts it: a process of its own, with its workers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

SECONDS = 240
"""After which nothing comes any more, also on a computer that does much else."""


class Running:
    """A service that has begun."""

    def __init__(self, process, said):
        self.process, self._said = process, said
        self.url = re.search(r"http://\S+:\d+", self.said())[0]

    def said(self):
        """All that it has said."""
        return self._said.read_text()

    def ask(self, path, body=None, headers=()):
        """What it answers, from JSON."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.url + path, data, {**kind, **dict(headers)})
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            return json.load(answer)

    def sha256(self, name):
        """Of the model that answers now."""
        listed = self.ask("/v1/models")["models"]
        return next(model["sha256"] for model in listed if model["name"] == name)

    def signal(self, number):
        """Send the command a signal."""
        self.process.send_signal(number)

    def wait_for(self, words, times=1):
        """Wait until it has said something so many times."""
        wait_until(lambda: self.said().count(words) >= times, lambda: self.said())

    @property
    def holder(self):
        """The process that holds the models: the one that has children of its own."""
        return next(pid for pid in children(self.process.pid) if children(pid))

    @property
    def workers(self):
        return children(self.holder)


def children(pid):
    """Processes that a process has started and not lost."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def wait_until(holds, told=lambda: ""):
    """Wait until something holds."""
    until = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < until, told()
        time.sleep(0.02)


@contextmanager
def serve(folder, *words):
    """Serve with these words of a command; on the way out it is stopped and has ended well."""
    said = folder / "said.txt"
    command = [sys.executable, "-m", "deepcme", "serve", *map(str, words), "--port", "0"]
    with said.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdout=file, stderr=file, env=os.environ
        )
    try:
        wait_until(lambda: "SIGHUP" in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        yield Running(process, said)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0, said.read_text()
    finally:
        process.kill()
        process.wait()
