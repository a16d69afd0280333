"""`deepcme doctor`: what there is to work with, and whether it works."""

import re

from deepcme.base.errors import DeepCMEError
from deepcme.network.engines import check, choice
from tests.cli.command import deepcme


def test_it_says_what_is_there():
    told = deepcme("doctor")
    assert told.returncode == 0
    assert told.stderr == ""
    assert re.match(r"deepcme [\d.]+, Python 3[\d.]+, \w+ \w+\.\nProcessors: \d+ ", told.stdout)
    assert re.search(r"^Memory: [\d.]+ GB free\.$", told.stdout, re.M)
    assert re.search(r"^Engine: (native|torch).*those of NumPy", told.stdout, re.M)
    assert told.stdout.endswith("All is well.\n")


def test_a_part_that_is_not_there_comes_with_how_to_get_it(monkeypatch):
    def version(package):
        if package == "gseapy":
            raise PackageNotFoundError(package)
        return "1.0"

    from importlib import metadata
    from importlib.metadata import PackageNotFoundError

    monkeypatch.setattr(metadata, "version", version)
    said = deepcme("doctor").stdout
    assert re.search(
        r"^gseapy +run --gene-sets +not there: pip install 'deepcme\[gene-sets\]'$", said, re.M
    )
    assert re.search(r"^torch +networks on a GPU +1\.0$", said, re.M)


def test_an_engine_that_trains_otherwise_is_broken(monkeypatch):
    monkeypatch.setattr(check, "compute_disagreement", lambda engine: 0.02)
    told = deepcme("doctor")
    assert told.returncode == 1
    assert "after six steps a weight is off by 0.02" in told.stderr
    assert "All is well" not in told.stdout


def test_without_an_engine_it_says_the_way_out(monkeypatch):
    def refuse():
        raise DeepCMEError("No training engine is installed: reinstall deepcme.")

    monkeypatch.setattr(choice, "make_engine", refuse)
    told = deepcme("doctor", "--quiet")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "deepcme: No training engine is installed: reinstall deepcme.\n"
