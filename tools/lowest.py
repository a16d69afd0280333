"""Print the lowest declared version of every dependency, as pip's constraints.

    python tools/lowest.py > build/lowest.txt

A bound that is no release cannot be installed: `make test-lowest` would say so.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

NOT_HERE = {"torch"}  # held by constraints.txt: an older one brings gigabytes of GPU libraries
NOT_OF_USERS = {"docs"}


def list_lowest(project: dict) -> list[str]:
    """Return `name==bound` for each dependency of the core and of the extras."""
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"]]
    declared += [each for name in extras if name not in NOT_OF_USERS for each in extras[name]]
    lowest = []
    for requirement in map(Requirement, declared):
        (bound,) = (each.version for each in requirement.specifier if each.operator == ">=")
        if requirement.name not in NOT_HERE:
            lowest.append(f"{requirement.name}=={bound}")
    return sorted(set(lowest))


if __name__ == "__main__":
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    print("\n".join(list_lowest(tomllib.loads(pyproject.read_text("utf-8"))["project"])))
