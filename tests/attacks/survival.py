"""How many cases of each cause were survived: the table after a run, and of docs/explanations/robustness.md."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.attacks.causes import CAUSES

PAGE = Path(__file__).parents[2] / "docs/explanations/robustness.md"
TABLE = re.compile(r"(?s)(?<=<!-- attacks -->\n)(.*)(?=\n<!-- end -->)")
KEPT = "attacks/survived"
"""Where pytest's cache has the outcomes of earlier runs, so that one may run part after part."""


def cause_of(item: pytest.Item) -> str | None:
    """The cause that a test names; one that is not in the list is an error."""
    marker = item.get_closest_marker("cause")
    if marker is None:
        return None
    (cause,) = marker.args
    if cause not in CAUSES:
        raise pytest.UsageError(f"{item.nodeid}: {cause!r} is not in tests/attacks/causes.py")
    return cause


class Survival:
    """Follows a run of the attacks, in this process or in the workers of pytest-xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.cases: dict[str, str] = {}
        """The cause of every case that was collected, run or not."""
        self.files: set[str] = set()
        self._survived: dict[str, bool] = {}

    def collect(self, items: list[pytest.Item]) -> None:
        self.files = {item.path.name for item in items}
        self.cases = {item.nodeid: cause for item in items if (cause := cause_of(item))}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        passed = report.passed and self._survived.get(report.nodeid, True)
        if report.when == "call" or not passed:
            self._survived[report.nodeid] = passed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["cases"] = self.cases

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.cases |= getattr(node, "workeroutput", {}).get("cases", {})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        run = {case: passed for case, passed in self._survived.items() if case in self.cases}
        if not run:
            return
        terminalreporter.section("attacks by cause")
        table = compute_table(self.cases, run)
        terminalreporter.write_line(table[table["run"] > 0].to_string(index=False))
        cache = getattr(self._config, "cache", None)  # there is none under -p no:cacheprovider
        if cache is not None:
            run = {**cache.get(KEPT, {}), **run}
            cache.set(KEPT, run)
        if self._config.getoption("--write-table", default=False):
            write_page(compute_table(self.cases, run))


def compute_table(cases: dict[str, str], survived: dict[str, bool]) -> pd.DataFrame:
    """Of each cause the cases, how many of them were run, and how many of these survived."""
    n_cases = Counter(cases.values())
    n_run = Counter(cause for case, cause in cases.items() if case in survived)
    n_survived = Counter(cause for case, cause in cases.items() if survived.get(case))
    rows = [(words, n_cases[key], n_run[key], n_survived[key]) for key, words in CAUSES.items()]
    table = pd.DataFrame(rows, columns=["cause", "cases", "run", "survived"])
    return pd.concat([table, table.sum(numeric_only=True).to_frame().T.assign(cause="all")])


def write_page(table: pd.DataFrame, page: Path = PAGE) -> None:
    """Put the table where the page has it."""
    numbers = ["---:"] * (table.shape[1] - 1)
    lines = [list(table.columns), ["---", *numbers], *table.astype(str).to_numpy()]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    before, _, after = TABLE.split(page.read_text(encoding="utf-8"))
    page.write_text(before + text + after, encoding="utf-8")
