"""From the name of a project to the hub's files, and to the command that reads them."""

import pytest

from deepcme import Cohort
from tests.sources.fetching import services
from tests.sources.fetching.portal import next_command

NAMES = [
    "TCGA-BRCA.clinical.tsv.gz",
    "TCGA-BRCA.star_fpkm.tsv.gz",
    "TCGA-BRCA.survival.tsv.gz",
    "gencode.v36.annotation.gtf.gene.probemap",
]


@pytest.fixture
def hub(portal):
    portal.speak_as_s3()
    services.put_project(portal, "TCGA-BRCA")
    return portal


def fetch(hub, folder, project="TCGA-BRCA"):
    return "fetch", "xena", project, "-o", folder, "--base-url", hub.url


def test_a_project_from_its_name_to_an_audit(hub, deepcme, tmp_path):
    folder = tmp_path / "tcga"
    said = deepcme.succeeded(*fetch(hub, folder))
    assert "4 files, all verified; 4 downloaded now, 0 were there" in said
    assert "  --label pathologic-m1\n" in said
    assert "  --time OS.time --event OS\n" in said
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    command = next_command(said, "--label pathologic-m1")
    deepcme.succeeded(*command[:-1], tmp_path / "c.h5ad")
    assert "DCM0" in deepcme.succeeded("audit", tmp_path / "c.h5ad")
    cohort = Cohort.load(tmp_path / "c.h5ad")
    assert (cohort.name, cohort.n_samples, cohort.n_positives) == ("TCGA-BRCA", 60, 20)
    assert cohort.symbols.tolist()[0] == "TP53"


def test_a_second_run_downloads_nothing(hub, deepcme, tmp_path):
    first = deepcme.succeeded(*fetch(hub, tmp_path))
    hub.requests.clear()
    second = deepcme.succeeded(*fetch(hub, tmp_path))
    assert hub.asked() == []
    assert "0 downloaded now, 4 were there" in second
    assert next_command(second, "x") == next_command(first, "x")


def test_other_values_of_star(hub, deepcme, tmp_path):
    services.put_project(hub, "TARGET-OS", column="tpm")
    said = deepcme.succeeded(*fetch(hub, tmp_path, "TARGET-OS"), "--column", "tpm")
    assert "TARGET-OS.star_tpm.tsv.gz" in said


def test_an_unknown_project(hub, deepcme, tmp_path):
    said = deepcme.refused(*fetch(hub, tmp_path, "TCGA-XXXX"))
    assert "has no TCGA-XXXX.star_fpkm.tsv.gz: check the project" in said
    hub.missing.status = 403  # S3 says so where nobody may list the objects
    assert "has no TCGA-XXXX.star_fpkm" in deepcme.refused(*fetch(hub, tmp_path, "TCGA-XXXX"))


def test_a_project_without_survival(hub, deepcme, tmp_path):
    del hub.pages["/download/TCGA-BRCA.survival.tsv.gz"]
    said = deepcme.succeeded(*fetch(hub, tmp_path))
    assert "- The hub has no TCGA-BRCA.survival.tsv.gz.\n" in said
    assert next_command(said, "--label x").count("--clinical-table") == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["busy", "cut", "damaged"])
@pytest.mark.usefixtures("no_waiting")
def test_an_interrupted_run_goes_on_where_it_stopped(hub, deepcme, tmp_path, name, fault):
    hub.faults[f"/download/{name}"] = [fault] * 6
    said = deepcme.refused(*fetch(hub, tmp_path))
    assert "run the command again" in said
    assert not (tmp_path / name).exists()
    hub.requests.clear()
    deepcme.succeeded(*fetch(hub, tmp_path))
    assert f"/download/{name}" in hub.asked()
    assert "/download/TCGA-BRCA.star_fpkm.tsv.gz" not in hub.asked() or name == NAMES[1]


@pytest.mark.usefixtures("no_waiting")
def test_the_md5_of_an_object_is_checked(hub, deepcme, tmp_path):
    address = "/download/gencode.v36.annotation.gtf.gene.probemap"
    hub.pages[address].headers["ETag"] = f'"{"0" * 32}"'
    said = deepcme.refused(*fetch(hub, tmp_path))
    assert "another MD5" in said


def test_the_etag_of_an_encrypted_object_is_no_md5(hub, deepcme, tmp_path):
    page = hub.pages["/download/TCGA-BRCA.survival.tsv.gz"]
    page.headers |= {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms"}
    assert "4 files, all verified" in deepcme.succeeded(*fetch(hub, tmp_path))


@pytest.mark.parametrize(
    "project", ["", "../x", "TCGA BRCA", "TCGA/BRCA", "TCGA%2e", "TCGA-BRCA\n"]
)
def test_what_is_no_project_is_not_asked_for(hub, deepcme, tmp_path, project):
    said = deepcme.refused(*fetch(hub, tmp_path, project))
    assert "is not the name of a GDC project" in said
    assert hub.requests == []
