"""Killed at any moment, the same command ends with the same bytes and leaves nothing behind."""

import itertools
import json
import signal
import time

import numpy as np
import pytest

from tests.attacks.hostile import Server, send, serving
from tests.attacks.kills import (
    COMMANDS,
    SECONDS_TO_GO,
    Forks,
    Place,
    differences,
    wait_until_empty,
)

KILLS, TERMS = 20, 10
SEED = 16


class SlowServer(Server):
    """Its archives take a moment, so that there is something to kill."""

    def answer(self, request, body):
        if request.path != "/data":
            super().answer(request, body)
            return
        content = self.archive(json.loads(body)["ids"])
        send(request, b"", length=False, Content_Length=str(len(content)))
        for start in range(0, len(content), len(content) // 10 + 1):
            request.wfile.write(content[start : start + len(content) // 10 + 1])
            request.wfile.flush()
            time.sleep(0.1)


@pytest.fixture(scope="module")
def server():
    with serving(SlowServer(n_files=40)) as server:
        yield server


@pytest.fixture(scope="module")
def place(tmp_path_factory, server):
    return Place(tmp_path_factory.mktemp("kills"), server.url)


@pytest.fixture(scope="module")
def undisturbed(place):
    """What a command writes, and how long it takes."""
    known = {}

    def run(command):
        if command not in known:
            place.clear()
            start = time.monotonic()
            started = place.start(command)
            code, said = started.wait()
            assert code == 0, said
            seconds = time.monotonic() - start
            assert wait_until_empty(started.remains) == []
            known[command] = place.tree(), seconds
        return known[command]

    return run


def moments(n):
    """Shares of the time that a command takes: one at random in each n-th of it."""
    random = np.random.default_rng(SEED)
    return [float(share) for share in ((np.arange(n) + random.random(n)) / n).round(3)]


def require_right(place, right, code, said):
    """It ended well, or found that the killed one had finished; all bytes are as they should."""
    wrong = differences(place.tree(), right)
    assert wrong == [], said
    assert code == 0 or (code == 2 and "is there already" in said), said


@pytest.mark.cause("killed")
@pytest.mark.parametrize(
    ("command", "side"),
    [
        ("prepare", "after"),
        ("prepare", "before"),
        *(
            pytest.param(command, side, marks=pytest.mark.slow)
            for command in ("run", "panel", "train")
            for side in ("before", "after")
        ),
    ],
)
def test_killed_at_every_rename(place, undisturbed, command, side, say):
    arguments = [word if word != "2" else "1" for word in place.arguments(command)]
    right, _ = undisturbed(command)
    failed = {}
    with Forks(place) as forks:
        for at in itertools.count(1):
            place.clear()
            code, said = forks.run(arguments, at, side)
            if code != -signal.SIGKILL:
                assert code == 0, said
                break
            code, said = forks.run(arguments)
            try:
                require_right(place, right, code, said)
            except AssertionError as error:
                failed[at] = str(error)[:500]
    say(f"{command}: killed {side} each of {at - 1} renames, {len(failed)} not survived")
    assert at > 1 and failed == {}


@pytest.mark.slow
@pytest.mark.cause("killed")
@pytest.mark.parametrize("share", moments(KILLS))
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_a_random_moment(place, undisturbed, command, share):
    right, seconds = undisturbed(command)
    place.clear()
    killed = place.start(command)
    killed.end(share * seconds, signal.SIGKILL, group=moments(KILLS).index(share) % 2 == 1)
    killed.wait()
    again = place.start(command)  # at once, while workers of the other may still be there
    code, said = again.wait()
    assert wait_until_empty(lambda: killed.remains() + again.remains()) == []
    require_right(place, right, code, said)


@pytest.mark.slow
@pytest.mark.cause("signals")
@pytest.mark.parametrize("share", moments(TERMS))
@pytest.mark.parametrize("command", COMMANDS)
def test_stopped_at_a_random_moment(place, undisturbed, command, share):
    right, seconds = undisturbed(command)
    place.clear()
    stopped = place.start(command)
    stopped.end(share * seconds, signal.SIGTERM, group=moments(TERMS).index(share) % 2 == 1)
    start = time.monotonic()
    left = wait_until_empty(stopped.remains)
    code, said = stopped.wait(timeout=60)
    took = time.monotonic() - start
    assert left == [], f"after {took:.1f} s: {said}"
    assert took < SECONDS_TO_GO
    if code == -signal.SIGTERM:  # while Python itself was starting, or all was done
        assert said == ""
        assert place.tree() in ({}, right)
    elif code != 0:  # it had not ended before
        assert code == 128 + signal.SIGTERM, said
        (sentence,) = said.splitlines()
        assert sentence.startswith(("deepcme: ", "Stopped")), said
    again = place.start(command)
    code, said = again.wait()
    assert wait_until_empty(again.remains) == []
    require_right(place, right, code, said)
