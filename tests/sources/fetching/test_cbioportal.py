"""From the id of a study to what is of use in its archive, and to the command that reads it."""

import pytest

from deepcme import Cohort
from tests.sources.fetching import services
from tests.sources.fetching.portal import next_command

DATA = "data_mrna_illumina_microarray.txt"
WITHIN_5_YEARS = "--time RFS_MONTHS --event RFS_STATUS --horizon 60 --drop-censored"


@pytest.fixture
def datahub(portal):
    portal.speak_as_s3()
    put_study(portal, services.metabric())
    return portal


def put_study(portal, files, study="brca_metabric"):
    portal.put_object(f"/{study}.tar.gz", services.tar_gz(files, study), in_parts=True)


def fetch(datahub, folder, study="brca_metabric"):
    return "fetch", "cbioportal", study, "-o", folder, "--base-url", datahub.url


def test_metabric_from_its_id_to_an_audit(datahub, deepcme, tmp_path):
    folder = tmp_path / "brca_metabric"
    said = deepcme.succeeded(*fetch(datahub, folder))
    assert "1 file, all verified; 1 downloaded now, 0 were there" in said
    horizon = "--time RFS_MONTHS --event RFS_STATUS"
    assert f"  {horizon}\n" in said
    command = next_command(said, WITHIN_5_YEARS)
    assert command.count("--clinical-table") == 2
    deepcme.succeeded(*command[:-1], tmp_path / "c.h5ad")
    assert "DCM0" in deepcme.succeeded("audit", tmp_path / "c.h5ad")
    cohort = Cohort.load(tmp_path / "c.h5ad")
    assert (cohort.name, cohort.scale) == ("brca_metabric", "log2")
    assert (cohort.n_samples, cohort.n_patients, cohort.n_positives) == (60, 60, 20)
    assert cohort.gene_ids.tolist()[0] == "TP53"
    assert set(cohort.obs["tissue"]) == {"primary"}


def test_only_what_is_of_use_is_unpacked(datahub, deepcme, tmp_path):
    deepcme.succeeded(*fetch(datahub, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "brca_metabric.tar.gz",
        "data_clinical_patient.txt",
        "data_clinical_sample.txt",
        DATA,
        "meta_mrna_illumina_microarray.txt",
        "meta_study.txt",
    ]


def test_a_second_run_downloads_nothing_and_mends_what_was_unpacked(datahub, deepcme, tmp_path):
    first = deepcme.succeeded(*fetch(datahub, tmp_path))
    content = (tmp_path / DATA).read_bytes()
    (tmp_path / DATA).write_bytes(content[:100])
    datahub.requests.clear()
    second = deepcme.succeeded(*fetch(datahub, tmp_path))
    assert datahub.asked() == []
    assert "0 downloaded now, 1 were there" in second
    assert (tmp_path / DATA).read_bytes() == content
    assert next_command(second, "x") == next_command(first, "x")


def test_a_study_that_was_corrected_since_is_fetched_again(datahub, deepcme, tmp_path):
    deepcme.succeeded(*fetch(datahub, tmp_path))
    files = services.metabric()
    files["data_clinical_patient.txt"] += services.line("MB-9999", 0, 1, 5, "", "", "")
    put_study(datahub, files)
    assert "1 downloaded now, 0 were there" in deepcme.succeeded(*fetch(datahub, tmp_path))
    assert "MB-9999" in (tmp_path / "data_clinical_patient.txt").read_text()


def test_the_matrix_of_most_samples_and_never_z_scores(datahub, deepcme, tmp_path):
    files = services.metabric()
    few = "data_mrna_agilent_microarray.txt"
    files[few] = services.expression_table(services.lognormal()[:, :10], range(10))
    files["meta_mrna_agilent_microarray.txt"] = services.meta(
        "brca_metabric", few, "CONTINUOUS", "mRNA expression (Agilent)"
    )
    scores = "data_mrna_relative_to_normals.txt"  # so only the meta file tells
    files[scores] = files[DATA].replace("MB-0000", "MB-0000\tMB-0060")
    files["meta_mrna_relative_to_normals.txt"] = services.meta(
        "brca_metabric", scores, "Z-SCORE", "relative"
    )
    put_study(datahub, files)
    said = deepcme.succeeded(*fetch(datahub, tmp_path))
    assert next_command(said, "--label x")[2] == str(tmp_path / DATA)
    assert f"- Of several matrices, {DATA} has most samples; there are also {few}.\n" in said


def test_a_study_without_measured_expression(datahub, deepcme, tmp_path):
    files = {name: text for name, text in services.metabric().items() if name != DATA}
    put_study(datahub, files)
    said = deepcme.refused(*fetch(datahub, tmp_path))
    assert "has no file of measured gene expression (z-scores cannot be used" in said


def test_a_study_without_meta_and_clinical_files(datahub, deepcme, tmp_path):
    put_study(datahub, {DATA: services.metabric()[DATA]})
    said = deepcme.succeeded(*fetch(datahub, tmp_path))
    assert "- The study has no data_clinical_patient.txt.\n" in said
    assert "- No outcome was found in the clinical data: name one of its columns.\n" in said
    assert "--clinical-table" not in next_command(said, "--label x")


def test_pointers_of_git_lfs_are_no_files(datahub, deepcme, tmp_path):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 317982\n"
    put_study(datahub, services.metabric() | {"data_clinical_patient.txt": pointer})
    said = deepcme.refused(*fetch(datahub, tmp_path))
    assert "holds pointers of Git LFS in place of files (data_clinical_patient.txt)" in said


def test_an_unknown_study(datahub, deepcme, tmp_path):
    page = {"headers": {"Content-Type": "text/html"}}  # with the status of success
    datahub.put("/brca_metabrik.tar.gz", "<html>Not found</html>", **page)
    said = deepcme.refused(*fetch(datahub, tmp_path, "brca_metabrik"))
    assert "has no study brca_metabrik: check the id" in said
    del datahub.pages["/brca_metabrik.tar.gz"]
    said = deepcme.refused(*fetch(datahub, tmp_path, "brca_metabrik"))
    assert "has no study brca_metabrik: check the id" in said


@pytest.mark.parametrize("fault", ["busy", "cut", "damaged"])
@pytest.mark.usefixtures("no_waiting")
def test_an_interrupted_run_goes_on_when_it_is_run_again(datahub, deepcme, tmp_path, fault):
    datahub.faults["/brca_metabric.tar.gz"] = [fault] * 6
    said = deepcme.refused(*fetch(datahub, tmp_path))
    assert "run the command again" in said
    assert list(tmp_path.iterdir()) == []
    deepcme.succeeded(*fetch(datahub, tmp_path))


@pytest.mark.parametrize("study", ["", "../x", "brca metabric", "a/b", "a%2fb", "x\n", "a.b"])
def test_what_is_no_study_is_not_asked_for(datahub, deepcme, tmp_path, study):
    said = deepcme.refused(*fetch(datahub, tmp_path, study))
    assert "is not the id of a cBioPortal study" in said
    assert datahub.requests == []
