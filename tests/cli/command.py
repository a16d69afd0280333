"""`deepcme` in the process of the tests: what it prints and its exit code, at once."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest import mock

from deepcme.cli.main import main


def deepcme(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; its warnings are errors, as everywhere in the tests."""
    words = ["deepcme", *map(str, arguments)]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", words),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
