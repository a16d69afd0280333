"""The tree of the package: imports go one way, and modules and folders stay small.

The layers are those of CONTRIBUTING.md, from its first line down; the folders are those of `src`.
"""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src"
PACKAGE = SOURCES / "deepcme"
# Public names loaded on first use, from any layer.
FRONT_DOOR = {"deepcme", "deepcme.datasets", "deepcme.plots"}


def tree():
    """Each folder with what CONTRIBUTING.md says of it, and its level, the lowest first."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```\n(cli .*?)```", text, re.DOTALL)[1]
    for level, layer in enumerate(reversed(block.split("\n\n"))):
        for line in re.sub(r"\n {2,}", " ", layer).strip().splitlines():
            folder, words = line.split(maxsplit=1)
            yield folder, words, level


LEVELS = {folder: level for folder, _, level in tree()}


def module_name(path):
    parts = path.relative_to(SOURCES).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES.rglob("*.py")}
INNER = sorted(MODULES.keys() - FRONT_DOOR - {"deepcme.__main__"})
FOLDERS = sorted({path.parent for path in MODULES.values()})


def imports_of(module):
    """Modules of the package that a module imports anywhere, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in inner}
    return {name for name in found & MODULES.keys() if name != module}


def layer_of(module):
    return LEVELS[module.split(".")[1]]


def test_nothing_is_loose_at_the_top():
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert {f"deepcme.{name}" for name in loose} | {"deepcme"} == FRONT_DOOR


def test_contributing_shows_every_folder():
    folders = {path.name for path in FOLDERS if path.parent == PACKAGE}
    assert folders == LEVELS.keys()
    inner = {path.name for path in FOLDERS if path.parent.parent == PACKAGE}
    shown = {name for _, words, _ in tree() for name in re.findall(r"(\w+)/", words)}
    assert shown == inner


@pytest.mark.parametrize("module", INNER)
def test_a_module_imports_from_no_layer_above_its_own(module):
    names = imports_of(module)
    assert not names & FRONT_DOOR, f"{module} imports from the front door"
    above = [name for name in names if layer_of(name) > layer_of(module)]
    assert not above, f"{module} imports from above: {', '.join(above)}"


def test_no_module_imports_itself_through_others():
    TopologicalSorter({module: imports_of(module) for module in INNER}).prepare()


def test_no_folder_of_the_package_imports_itself_through_others():
    graph = {folder: set() for folder in LEVELS}
    for module in INNER:
        folder = module.split(".")[1]
        graph[folder] |= {name.split(".")[1] for name in imports_of(module)} - {folder}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_has_at_most_400_lines(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_has_at_most_20_modules(folder):
    assert len(list(folder.glob("*.py"))) <= 20


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_says_what_it_is_and_no_more(folder):
    """So that importing one module loads none of its neighbours."""
    body = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(body[0], ast.Expr)
    assert len(body) == 1 or folder == PACKAGE


@pytest.mark.parametrize(
    "page",
    ["CONTRIBUTING.md", "docs/developers/architecture.md", "docs/images/architecture.svg"],
)
def test_modules_that_pages_name_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"[`>]((?:[a-z_0-9]+/)+(?:\w+\.(?:py|cpp))?)[`<]", text)
    assert named
    for path in named:
        assert any((root / path).exists() for root in (PACKAGE, ROOT)), path
