"""Two commands at once: one run in a folder, and fetches that may share theirs."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from deepcme.base.files.locks import LOCK, only_one_in, only_one_making
from tests.attacks.command import deepcme
from tests.attacks.hostile import Server, send
from tests.attacks.hostile import serving as serving_gdc
from tests.conftest import invented_cohort
from tests.sources.fetching import services
from tests.sources.fetching.portal import Portal, serving

MAIN = "from deepcme.cli.main import main; main()"
AT_WORK = "another run is at work here (process "


def start(*arguments, folder=None):
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )


def ended(*processes):
    """The codes of processes, and what they said of errors."""
    errors = [process.communicate(timeout=120)[1] for process in processes]
    return [process.returncode for process in processes], errors


@pytest.fixture(scope="module")
def cohort_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "cohort.h5ad"
    invented_cohort().save(path)
    return path


@pytest.fixture(scope="module")
def study_file(cohort_file):
    """A study of some seconds."""
    path = cohort_file.parent / "study.toml"
    path.write_text(
        f'models = [{{ name = "RF" }}, {{ name = "LR" }}]\n'
        f'[cohort]\npath = "{cohort_file}"\n'
        '[split]\ndesign = "repeated"\nrepeats = 10\n'
    )
    return path


# Runs


@pytest.mark.cause("two-runs")
@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "COHORT", "--out", "PLACE"),
        ("panel", "COHORT", "--out", "PLACE"),
        ("report", "PLACE"),
        ("train", "COHORT", "-o", "PLACE"),
        ("validate", "absent", "COHORT", "-o", "PLACE"),
        ("transfer", "COHORT", "absent.h5ad", "-o", "PLACE"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_waits_for_no_other_and_disturbs_none(arguments, cohort_file, tmp_path):
    """Not before the work is it refused, but before what else it was given is read."""
    place = tmp_path / "place"
    works = only_one_in if arguments[0] in ("run", "panel", "report") else only_one_making
    given = {"COHORT": cohort_file, "PLACE": place}
    with works(place):
        before = sorted(tmp_path.rglob("*"))
        outcome = deepcme(*(given.get(argument, argument) for argument in arguments))
        assert sorted(tmp_path.rglob("*")) == before
    outcome.require_one_sentence(
        f"{place}: {AT_WORK}", "wait for it, or choose another folder."
    )


@pytest.mark.cause("two-runs")
@pytest.mark.parametrize("name", ["link", "../outer/place", "place/"])
def test_another_name_of_the_folder_is_the_same_folder(name, cohort_file, tmp_path):
    outer = tmp_path / "outer"
    (outer / "place").mkdir(parents=True)
    (outer / "link").symlink_to("place")
    with only_one_in(outer / "place"):
        outcome = deepcme("run", cohort_file, "--out", name, folder=outer)
    outcome.require_one_sentence(AT_WORK)


@pytest.mark.cause("two-runs")
@pytest.mark.attack
def test_of_two_that_start_at_once_one_runs(study_file, tmp_path):
    out = tmp_path / "out"
    run = ("run", study_file, "--out", out, "--jobs", "1")
    alone = tmp_path / "alone"
    assert deepcme("run", study_file, "--out", alone, "--jobs", "1", timeout=240).code == 0
    for _ in range(3):
        codes, errors = ended(start(*run), start(*run))
        assert codes in ([0, 2], [2, 0], [0, 0]), errors  # or after each other
        if 2 in codes:
            assert AT_WORK in errors[codes.index(2)]
        for table in ("predictions.parquet", "metrics.csv"):
            assert (out / table).read_bytes() == (alone / table).read_bytes()
        assert not list(tmp_path.rglob(".deepcme-*"))


@pytest.mark.cause("two-runs")
@pytest.mark.attack
def test_of_two_models_that_are_trained_at_once_one_is(cohort_file, tmp_path):
    train = ("train", cohort_file, "-o", tmp_path / "model", "--model", "LR", "--repeats", "1")
    first = start(*train, "--jobs", "1")
    while not list(tmp_path.glob(f"{LOCK}-*")):
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)
    deepcme(*train).require_one_sentence(AT_WORK)
    first.send_signal(signal.SIGCONT)
    assert ended(first)[0] == [0]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.cause("two-runs")
@pytest.mark.attack
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_that_outlive_their_run_hold_no_lock(study_file, tmp_path):
    """No worker has the lock open, so that none can keep it after kill -9 of the run."""
    out = tmp_path / "out"
    first = start("run", study_file, "--out", out, "--jobs", "2")
    while not list(out.glob("tasks/*.npz")) and first.poll() is None:
        time.sleep(0.02)
    workers = children_of(first.pid)
    assert workers
    holders = [process for process in [first.pid, *workers] if has_open(process, LOCK)]
    first.kill()
    first.communicate()
    assert holders == [first.pid]
    assert (out / LOCK).exists()
    again = deepcme("run", study_file, "--out", out, "--jobs", "1", timeout=240)
    assert again.code == 0, again
    assert not (out / LOCK).exists()


def children_of(process):
    from pathlib import Path

    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat")]
    parents = {int(text.split()[0]): int(text.rpartition(")")[2].split()[1]) for text in stats}
    own = [child for child, parent in parents.items() if parent == process]
    return own + [grandchild for child in own for grandchild in children_of(child)]


def has_open(process, name):
    from pathlib import Path

    return any(path.readlink().name == name for path in Path(f"/proc/{process}/fd").iterdir())


# Fetches


class Meeting:
    """Among a portal's faults: both fetches have begun a file before either gets it."""

    def __init__(self):
        self._both = threading.Barrier(2)
        self._left = 2

    def __bool__(self):
        return self._left > 0

    def pop(self, _):
        self._left -= 1
        self._both.wait(timeout=60)


def geo(portal):
    text = services.series_matrix("GSE7390", "GPL96", services.lognormal())
    (matrix,) = services.put_series(portal, "GSE7390", {"GPL96": text})
    services.put_annotation(portal, "GPL96")
    return ("geo", "GSE7390"), matrix


def xena(portal):
    services.put_project(portal, "TCGA-BRCA")
    return ("xena", "TCGA-BRCA"), "/download/TCGA-BRCA.star_fpkm.tsv.gz"


def cbioportal(portal):
    portal.put_object("/brca_metabric.tar.gz", services.tar_gz(services.metabric()))
    return ("cbioportal", "brca_metabric"), "/brca_metabric.tar.gz"


@pytest.mark.cause("two-fetches")
@pytest.mark.parametrize("put", [geo, xena, cbioportal], ids=lambda put: put.__name__)
def test_two_fetches_of_a_portal_share_a_folder(put, tmp_path):
    portal = Portal()
    portal.speak_as_s3()
    (service, what), address = put(portal)
    arguments = ("fetch", service, what, "--base-url")
    with serving(portal):
        assert deepcme(*arguments, portal.url, "-o", tmp_path / "alone").code == 0
        portal.faults[address] = Meeting()
        both = [start(*arguments, portal.url, "-o", tmp_path / "both") for _ in range(2)]
        codes, errors = ended(*both)
    assert codes == [0, 0], errors
    assert contents(tmp_path / "both") == contents(tmp_path / "alone")


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@contextmanager
def gdc(n_files, answer=None):
    """A GDC of so many files, of which two fetches have begun to get some before either does."""
    server, both = Server(n_files), threading.Barrier(2)
    path = "/data" if n_files > 1 else f"/data/{next(iter(server.contents))}"

    def meet(request):
        content = server.archive(server.contents)
        content = content if n_files > 1 else next(iter(server.contents.values()))
        send(request, content[:1000], length=False, Content_Length=str(len(content)))
        request.wfile.flush()
        both.wait(timeout=60)
        request.wfile.write(content[1000:])

    server.answers[path] = answer or meet
    with serving_gdc(server):
        yield server


@pytest.mark.cause("two-fetches")
@pytest.mark.parametrize("n_files", [1, 3])
def test_two_fetches_of_the_gdc_share_a_folder(n_files, tmp_path):
    with gdc(n_files) as server:
        arguments = ("fetch", "gdc", "X", "-o", tmp_path, "--base-url", server.url)
        codes, errors = ended(start(*arguments), start(*arguments))
    assert codes == [0, 0], errors
    found = contents(tmp_path)
    found.pop("samples.tsv")
    assert found == {f"{name}/{name}.tsv": text for name, text in server.contents.items()}


@pytest.mark.cause("two-fetches")
def test_a_fetch_does_not_mind_that_another_one_is_killed(tmp_path):
    both, killed = threading.Barrier(2), threading.Event()

    def answer(request):
        content = next(iter(server.contents.values()))
        send(request, content[:1000], length=False, Content_Length=str(len(content)))
        request.wfile.flush()
        both.wait(timeout=60)
        assert killed.wait(60)
        request.wfile.write(content[1000:])

    with gdc(1, answer) as server:
        arguments = ("fetch", "gdc", "X", "-o", tmp_path, "--base-url", server.url)
        first, second = start(*arguments), start(*arguments)
        while both.n_waiting == 0 and not killed.is_set():
            if len(list(tmp_path.glob(".deepcme-*.partial"))) == 2:
                break
            time.sleep(0.01)
        first.kill()
        first.communicate()
        killed.set()
        assert ended(second)[0] == [0]
        server.answers.clear()
        assert deepcme(*arguments).code == 0  # which tidies up
    (name,) = server.contents
    assert set(contents(tmp_path)) == {f"{name}/{name}.tsv", "samples.tsv"}
