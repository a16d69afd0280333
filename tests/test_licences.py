"""What the package brings may be used by anybody: permissive licences, each exception named."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/deepcme"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PERMISSIVE = re.compile(
    r"\b(0?BSD|MIT|Apache|ISC|ISCL|PSF|Python Software Foundation|Zlib|CC0|BSL|Kiwi"
    # A licence of single files, which leaves alone what uses them.
    r"|MPL|Mozilla Public License)\b",
    re.IGNORECASE,
)
RECIPROCAL = re.compile(r"GPL|GNU|Affero|SSPL|Commons Clause|Non-?Commercial", re.IGNORECASE)
OF_GCC = {"libgcc_s", "libgfortran", "libgomp", "libquadmath", "libstdc++"}
TOLD = "docs/start/installing.md"


def list_brought(wanted):
    """Names of all packages that come with the requirements, and with theirs."""
    brought, left = set(), [(Requirement(each), "") for each in wanted]
    seen = set()
    while left:
        requirement, extra = left.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for asked in ("", *requirement.extras):
            if (name, asked) not in seen:
                seen.add((name, asked))
                brought.add(name)
                left += [(Requirement(each), asked) for each in requires(name) or []]
    return sorted(brought)


def stated_licence(name):
    """What a package states: its expression, else its classifiers, else the free text's start."""
    stated = metadata(name)
    expression = stated.get("License-Expression")
    if expression:
        return expression
    classifiers = [
        each.removeprefix("License :: ")
        for each in stated.get_all("Classifier", [])
        if each.startswith("License :: ")
    ]
    return "; ".join(classifiers) or (stated.get("License") or "")[:80]


BROUGHT = list_brought(PROJECT["dependencies"])
USERS_EXTRAS = [name for name in PROJECT["optional-dependencies"] if name != "docs"]


@pytest.mark.parametrize("name", BROUGHT)
def test_what_the_core_brings_is_permissive(name):
    assert PERMISSIVE.search(stated_licence(name)), stated_licence(name)
    assert not RECIPROCAL.search(stated_licence(name))


@pytest.mark.parametrize("extra", USERS_EXTRAS)
def test_what_an_extra_brings_is_permissive(extra):
    try:
        brought = list_brought(PROJECT["optional-dependencies"][extra])
    except PackageNotFoundError as missing:
        pytest.skip(f"deepcme[{extra}] is not whole here: {missing}")
    stated = {name: stated_licence(name) for name in brought}
    assert {name: said for name, said in stated.items() if not PERMISSIVE.search(said)} == {}
    assert {name: said for name, said in stated.items() if RECIPROCAL.search(said)} == {}


def test_it_would_see_a_licence_that_reaches_over():
    for said in ("GPL-3.0-or-later", "GNU Lesser General Public License", "AGPL-3.0-only"):
        assert RECIPROCAL.search(said)
        assert not PERMISSIVE.search(said)
    assert not PERMISSIVE.search("Proprietary")


def test_the_wheel_carries_the_texts_that_its_libraries_ask_for():
    carried = {
        path.name: path.read_text("utf-8")
        for pattern in PROJECT["license-files"]
        for path in ROOT.glob(pattern)
    }
    assert {"LICENSE", "README.txt", "GPL-3.0.txt", "GCC-exception-3.1.txt"} == set(carried)
    assert "libgomp" in carried["README.txt"]
    assert "Version 3, 29 June 2007" in carried["GPL-3.0.txt"]
    assert "GCC RUNTIME LIBRARY EXCEPTION" in carried["GCC-exception-3.1.txt"]
    assert "Grant of Additional Permission" in carried["GCC-exception-3.1.txt"]


def test_libraries_inside_the_wheels_of_others_are_named():
    """Those of GCC, which metadata do not always tell."""
    page = (ROOT / TOLD).read_text("utf-8")
    packages = Path(np.__file__).parents[1]
    bundled = {
        library.name.split("-")[0].split(".")[0]
        for folder in packages.glob("*.libs")
        if canonicalize_name(folder.name.removesuffix(".libs")) in BROUGHT
        for library in folder.iterdir()
    }
    assert {name for name in bundled & OF_GCC if f"| {name} |" not in page} == set()


def test_all_data_in_the_package_have_a_source():
    kept = [
        path
        for path in PACKAGE.rglob("data/*")
        if path.is_file() and path.suffix not in {".py", ".md"}
    ]
    assert kept
    for path in kept:
        assert path.name in path.with_name("PROVENANCE.md").read_text("utf-8")
