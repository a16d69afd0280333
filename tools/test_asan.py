"""Run the engine tests against a build with AddressSanitizer and UndefinedBehaviorSanitizer.

Builds the package into build/asan, beside the installed one, and runs pytest on
that build in a process that has the sanitizer's library loaded first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "asan" / "site"
SANITIZERS = "address,undefined"

# An editable install answers imports before any path does, so it has to step aside.
RUN_TESTS = """
import sys
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in type(f).__module__]
sys.path[:0] = [sys.argv[1], "."]
from deepcme.network.engines import _native
assert _native.__file__.startswith(sys.argv[1]), _native.__file__
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/network/engines", *sys.argv[2:]]))
"""


def build() -> None:
    """Install the package, its kernels checked by the sanitizers, into `SITE`."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"),
            *("--target", str(SITE), str(ROOT)),
            *("-C", f"cmake.define.DEEPCME_SANITIZE={SANITIZERS}"),
            *("-C", f"build-dir={SITE.parent / 'cmake'}"),
        ],
        check=True,
    )


def sanitizer_libraries() -> str:
    """The libraries that have to be loaded before Python's own."""
    compiler = os.environ.get("CXX", "g++")
    names = ("libasan.so", "libubsan.so")
    found = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in names
    ]
    return " ".join(found)


def main() -> int:
    """Build, then test; further arguments go to pytest."""
    build()
    environment = {
        **os.environ,
        "LD_PRELOAD": sanitizer_libraries(),
        # Python never frees what lives as long as the process.
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
    command = [sys.executable, "-c", RUN_TESTS, str(SITE), *sys.argv[1:]]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
