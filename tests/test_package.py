"""What others install says one version, and needs the same wherever that is written down."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from deepcme import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(path):
    return (ROOT / path).read_text("utf-8")


class TestTheVersion:
    def test_stands_in_one_file_of_the_source(self):
        assert PROJECT["dynamic"] == ["version"]
        assert "version" not in PROJECT
        assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)

    def test_is_what_one_cites(self):
        citation = yaml.safe_load(read("CITATION.cff"))
        assert citation["version"] == __version__
        assert citation["license"] == PROJECT["license"]
        assert f"version = {{{__version__}}}" in read("docs/start/citing.md")
        assert f"year = {{{citation['date-released'].year}}}" in read("docs/start/citing.md")

    def test_has_a_date_in_the_changelog_and_comes_first(self):
        released = re.findall(r"^## (\d\S+) \((.+)\)$", read("CHANGELOG.md"), re.MULTILINE)
        citation = yaml.safe_load(read("CITATION.cff"))
        assert released[0] == (__version__, str(citation["date-released"]))
        numbers = [tuple(map(int, version.split("."))) for version, _ in released]
        assert numbers == sorted(numbers, reverse=True)

    def test_is_that_of_the_files_to_install(self):
        named = set(re.findall(r"deepcme-(\d+\.\d+\.\d+)", read("docs/start/installing.md")))
        assert named == {__version__}


class TestTheChangelog:
    def test_is_in_the_order_of_keep_a_changelog(self):
        kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
        for release in re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
            found = re.findall(r"^### (.+)$", release, re.MULTILINE)
            assert found == [kind for kind in kinds if kind in found]

    def test_says_nothing_twice(self):
        lines = re.findall(r"^- .+$", read("CHANGELOG.md"), re.MULTILINE)
        assert sorted(lines) == sorted(set(lines))


class TestWhatIsNeeded:
    def test_conda_takes_the_same_as_pip(self):
        wanted = yaml.safe_load(read("environment.yml"))["dependencies"]
        plain = {each for each in wanted if isinstance(each, str)}
        needs = {f"python{PROJECT['requires-python']}", "pip", "cxx-compiler"}
        assert plain - needs == set(PROJECT["dependencies"])
        assert needs < plain

    @pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
    def test_each_extra_is_told(self, extra):
        assert f"`deepcme[{extra}]`" in read("docs/start/installing.md")

    def test_each_dependency_has_a_lowest_version_and_no_highest(self):
        extras = PROJECT["optional-dependencies"].values()
        for each in [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]:
            assert re.fullmatch(r"[a-z0-9-]+>=[0-9.]+", each)

    def test_the_suite_runs_with_every_extra_that_users_have(self):
        (tested,) = re.findall(r"^TESTED := deepcme\[(.+)\]$", read("Makefile"), re.MULTILINE)
        assert {*tested.split(","), "docs"} == set(PROJECT["optional-dependencies"])

    def test_a_container_has_all_that_builds_the_package(self):
        let_in = set(re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE))
        licences = {each.split("/")[0] for each in PROJECT["license-files"]}
        assert {
            "src",
            "CMakeLists.txt",
            "pyproject.toml",
            PROJECT["readme"],
            *licences,
        } <= let_in
