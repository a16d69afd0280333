"""A panel that is trained as a model: chosen in its training parts, kept with its genes alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from deepcme import Cohort, DeepCMEError, GenePanelClassifier
from deepcme.cohort.honest import draw_honest_splits, split_seed
from deepcme.selection.panels import networks
from deepcme.trained.files import load_model, save_model
from deepcme.trained.new_samples import expression_of
from deepcme.trained.panels import resampling
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.conftest import bundle_cohort, ensembl_ids, symbols, with_times
from tests.trained.panels.brief import make_networks_brief

PANEL = TrainingSettings(repeats=1, panel=3)
N_GENES = 12
TRAIN_NETWORKS = networks._train


def small_cohort(seed=0, n_patients=60, **more):
    return bundle_cohort(ensembl_ids(N_GENES), symbols(N_GENES), seed, n_patients, **more)


@pytest.fixture(autouse=True, scope="module")
def brief_networks():
    with pytest.MonkeyPatch.context() as patch:
        make_networks_brief(patch)
        yield


@pytest.fixture(scope="module")
def panel_cohort():
    return small_cohort()


@pytest.fixture(scope="module")
def panel_model(panel_cohort):
    return train_model(panel_cohort, PANEL)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Enough for all but the model that all share, which is made before."""
    monkeypatch.setattr(resampling, "RESAMPLES", 20)


def test_a_panel_keeps_its_genes_alone(panel_model):
    manifest = panel_model.manifest
    assert manifest.model.name == "Panel"
    assert {"GENE1", "GENE2"} < set(manifest.genes.others["symbol"])
    assert panel_model.n_genes == 3
    assert panel_model.learned.coefficients.shape == (3,)
    assert panel_model.statistics.mean.shape == (3,)
    choice = manifest.panel
    assert (choice.rule, choice.ranker, choice.candidates) == ("number", "t-test", N_GENES)
    assert choice.refit == "linear"
    assert choice.reference is None and choice.inner_sizes == []
    assert manifest.performance.auc.value > 0.7


def test_prediction_needs_these_genes_alone(panel_model, panel_cohort):
    others = small_cohort(seed=1)
    of_all = predict(panel_model, expression_of(others)).frame()
    of_panel = others[:, panel_model.manifest.genes.id]
    assert of_panel.n_genes == 3
    of_these = predict(panel_model, expression_of(of_panel)).frame()
    np.testing.assert_array_equal(of_all["probability"], of_these["probability"])
    assert of_all["probability"].notna().all()


def test_it_is_the_same_from_its_folder(panel_model, panel_cohort, tmp_path):
    save_model(panel_model, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    samples = expression_of(small_cohort(seed=1))
    first, second = (predict(model, samples).frame() for model in (panel_model, loaded))
    assert first.equals(second)


def test_it_keeps_ranges_and_risks_of_the_patients_it_learned_from(panel_model, panel_cohort):
    columns = [list(panel_cohort.gene_ids).index(g) for g in panel_model.manifest.genes.id]
    logs = np.log2(panel_cohort.X[:, columns].astype(np.float64) + 1)
    np.testing.assert_allclose(panel_model.panel.ranges[:, 0], logs.min(axis=0))
    np.testing.assert_allclose(panel_model.panel.ranges[:, 10], np.median(logs, axis=0))
    risks = panel_model.panel.risks
    assert len(risks) == 101
    assert (np.diff(risks) >= 0).all()
    prevalence = panel_cohort.labels.mean()
    assert abs(risks.mean() - prevalence) < 0.1


def test_refits_on_resampled_patients_surround_the_panel(panel_model, panel_cohort):
    line, learned = panel_model.manifest.calibration, panel_model.learned
    own = line.slope * np.r_[learned.intercept, learned.coefficients]
    own[0] += line.intercept
    resampled = panel_model.panel.resampled
    assert resampled.shape == (200, 4)
    low, high = np.quantile(resampled, [0.05, 0.95], axis=0)
    assert ((low < own) & (own < high)).all()
    assert (high - low > 0.05).all()
    mean_risk = expit(resampled[:, 0]).mean()
    assert 0.1 < mean_risk < 0.9


class EnoughError(Exception):
    """Training need not go on."""


def first_fits(cohort, settings):
    """The panels of everybody and of the first fold, as training fits them."""
    fits = []
    fit = GenePanelClassifier.fit

    def noting(self, *arguments, **named):
        if len(fits) == 2:
            raise EnoughError
        fits.append(fit(self, *arguments, **named))
        return fits[-1]

    with pytest.MonkeyPatch.context() as patch, pytest.raises(EnoughError):
        patch.setattr(GenePanelClassifier, "fit", noting)
        train_model(cohort, settings)
    return fits


@pytest.mark.parametrize("reference", [None, ("GENE12",)])
def test_nothing_of_a_panel_is_chosen_on_its_test_part(panel_cohort, reference):
    """Poisoned test rows move neither ranking, size, strength nor refit of their fold."""
    settings = replace(PANEL, panel="auto", reference_genes=reference)
    split, *_ = draw_honest_splits(panel_cohort, split_seed(1), repeats=1)
    poisoned = panel_cohort.adata.copy()
    random = np.random.default_rng(0)
    poisoned.X[split.test] = random.gamma(1, 1000, (len(split.test), N_GENES))
    dirty = panel_cohort.derive(poisoned)
    (final, clean), (moved_final, moved) = (
        first_fits(cohort, settings) for cohort in (panel_cohort, dirty)
    )
    np.testing.assert_array_equal(clean.ranking_, moved.ranking_)
    np.testing.assert_array_equal(clean.stages_, moved.stages_)
    assert clean.choices_ == moved.choices_
    np.testing.assert_array_equal(clean.coef_, moved.coef_)
    assert not np.array_equal(final.ranking_, moved_final.ranking_)


def test_a_list_is_a_panel_of_all_its_genes(panel_cohort):
    named = ("gene2", "ENSG00000000001.7", "GENE5", "UNHEARD1")
    model = train_model(panel_cohort, TrainingSettings(repeats=1, genes=named))
    assert model.manifest.genes.others["symbol"] == ["GENE1", "GENE2", "GENE5"]
    assert (model.manifest.panel.rule, model.manifest.panel.ranker) == ("list", None)
    assert model.manifest.notes[-1] == (
        "1 of the 4 genes named are not in the cohort, and were left out: UNHEARD1."
    )


def test_named_genes_are_the_candidates_of_any_model(panel_cohort):
    settings = TrainingSettings(repeats=1, model="LR", genes=("GENE1", "GENE9"))
    model = train_model(panel_cohort, settings)
    assert model.manifest.genes.others["symbol"] == ["GENE1", "GENE9"]
    assert model.manifest.panel is None
    assert model.manifest.cohort.fingerprint == panel_cohort.fingerprint


def of_samples(X, label, own, offsets):
    """Log values, each sample moved as a whole, as by the RNA that went into an assay."""
    n = len(X)
    return Cohort.from_arrays(
        X + offsets[:, np.newaxis],
        label,
        samples=[f"{own}{i}" for i in range(n)],
        patients=[f"{own}{i}" for i in range(n)],
        genes=symbols(N_GENES),
        endpoint="invented = 1 against 0",
        scale="log2",
        name=own,
    )


def patients_of_an_assay(seed, own, offset):
    """Gene 1 tells the label, genes 11 and 12 are the same in everybody."""
    random = np.random.default_rng(seed)
    label = np.arange(60) % 2
    X = random.normal(8, 1, (60, N_GENES))
    X[:, 0] += 2 * label
    X[:, -2:] = 9 + random.normal(0, 0.1, (60, 2))
    return of_samples(X, label, own, offset + random.normal(0, 0.8, 60))


def test_reference_genes_take_a_samples_own_level_out():
    """New samples are three doublings lower, all genes alike: only the reference tells it."""
    cohort, shifted = patients_of_an_assay(0, "A", 0.0), patients_of_an_assay(1, "B", -3.0)
    plain, relative = (
        train_model(cohort, TrainingSettings(repeats=1, panel=1, reference_genes=reference))
        for reference in (None, ("GENE11", "GENE12"))
    )
    assert relative.manifest.genes.id == ["GENE1"]
    assert relative.manifest.panel.reference.id == ["GENE11", "GENE12"]
    assert relative.manifest.panel.candidates == N_GENES - 2
    values = expression_of(shifted)
    of_plain, of_relative = (
        predict(model, values).frame()["probability"] for model in (plain, relative)
    )
    assert of_relative[shifted.labels == 1].mean() > 0.7
    assert of_relative[shifted.labels == 0].mean() < 0.3
    assert not of_plain[shifted.labels == 1].mean() > 0.3
    cost = relative.manifest.panel.reference_cost
    assert cost.measure == "auc"
    assert cost.with_reference.value > cost.without_reference.value
    difference = cost.difference
    assert difference.value == pytest.approx(
        cost.with_reference.value - cost.without_reference.value
    )
    assert difference.ci_low < difference.value < difference.ci_high


def test_a_panel_of_times_keeps_hazards_of_resampled_patients(panel_cohort):
    random = np.random.default_rng(0)
    times = random.exponential(np.where(panel_cohort.labels == 1, 2.0, 8.0)) + 0.1
    timed = with_times(panel_cohort, np.minimum(times, 9), (times < 9).astype(int))
    model = train_model(timed, PANEL)
    assert model.manifest.model.name == "Cox-panel"
    assert model.manifest.panel.ranker == "cox-score"
    panel = model.panel
    assert panel.resampled.shape == (20, 4)
    assert panel.resampled_hazards.shape == (20, len(panel.hazard_times))
    assert 5.0 in panel.hazard_times
    own = np.log(-np.log(model.baseline.survival([0.0], [5.0])[0, 0]))
    drawn = np.log(panel.resampled_hazards[:, panel.hazard_times == 5.0])
    assert drawn.min() < own < drawn.max()
    assert predict(model, expression_of(small_cohort(seed=1))).frame()["risk"].notna().all()


def test_networks_that_are_better_are_what_is_kept(monkeypatch):
    """Two genes that tell the label together, and nothing each alone."""
    monkeypatch.setattr(resampling, "RESAMPLES_OF_NETWORKS", 3)
    monkeypatch.setattr(networks, "_train", TRAIN_NETWORKS)
    random = np.random.default_rng(0)
    X = random.normal(7, 1, (200, 2))
    label = (X[:, 0] > 7) ^ (X[:, 1] > 7)
    X += np.sign(X - 7)
    cohort = Cohort.from_arrays(
        X,
        label.astype(int),
        samples=[f"S{i}" for i in range(200)],
        genes=["A1", "B1"],
        endpoint="invented",
        scale="log2",
        name="of two together",
    )
    model = train_model(cohort, TrainingSettings(repeats=1, genes=("A1", "B1")))
    assert model.manifest.panel.refit == "networks"
    assert model.manifest.model.form == "networks"
    assert model.manifest.performance.auc.value > 0.8
    assert len(model.panel.networks) == len(model.panel.lines) == 3
    told = predict(model, expression_of(cohort), allow_training_samples=True).frame()
    assert told["probability"][label].mean() > 0.7


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"panel": 0}, 'panel must be at least 1, or "auto", or None, not 0'),
        ({"panel": 3, "model": "LR"}, "A panel is a model of its own: leave out LR"),
        ({"panel": 3, "parameters": {"C": 1}}, "A panel takes no parameters but its size"),
        ({"ranker": "t-test"}, "ranker is for a panel of genes"),
        ({"model": "LR", "reference_genes": ("GENE1",)}, "reference genes is for a panel"),
        ({"model": "Panel"}, "Panel is made by naming its size with panel"),
        ({"genes": ()}, "genes must list names of genes"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(DeepCMEError, match=message):
        TrainingSettings(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"panel": 3, "ranker": "cox-score"}, "ranker must be one of"),
        ({"panel": 20}, "a panel of 20 genes cannot be chosen from 12 genes"),
        ({"genes": ("A1", "A2")}, "none of the 2 genes of the list is in the cohort"),
        ({"panel": 3, "reference_genes": ("A1",)}, "the reference genes A1 are not in"),
        (
            {"genes": ("GENE1",), "reference_genes": ("GENE1",)},
            "all candidates are reference genes",
        ),
    ],
)
def test_what_a_cohort_cannot_give_is_refused(panel_cohort, settings, message):
    with pytest.raises(DeepCMEError, match=message):
        train_model(panel_cohort, TrainingSettings(repeats=1, **settings))


def test_a_reference_gene_has_a_value_in_every_sample(panel_cohort):
    gaps = panel_cohort.adata.copy()
    gaps.X[4, 11] = np.nan
    settings = TrainingSettings(repeats=1, panel=3, reference_genes=("GENE12",))
    with pytest.raises(DeepCMEError, match=r"ENSG00000000012 has no value in 1 sample \(such"):
        train_model(panel_cohort.derive(gaps), settings)
