"""Print the lowest version that pyproject.toml declares of each dependency, for pip -c.

    python tools/lowest.py > lowest.txt

A bound that is no release cannot be installed; `make test-lowest` then says so.
"""

import re
import tomllib
from pathlib import Path

# Held by constraints.txt: on Linux, other versions bring gigabytes of GPU libraries.
HELD = {"torch"}
# What builds the pages is no part of what users run.
LEFT_OUT = {"docs"}
DECLARED = re.compile(r"([a-z0-9-]+)>=([0-9.]+)")


def list_lowest(project: dict) -> list[str]:
    """Return `name==bound` for each dependency of the core and of its extras."""
    declared = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        if extra not in LEFT_OUT:
            declared += requirements
    pairs = sorted({DECLARED.fullmatch(each).groups() for each in declared})
    return [f"{name}=={bound}" for name, bound in pairs if name not in HELD]


if __name__ == "__main__":
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    print("\n".join(list_lowest(tomllib.loads(pyproject.read_text("utf-8"))["project"])))
