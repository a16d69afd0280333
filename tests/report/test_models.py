"""The models of a study in words, and every setting of them."""

from deepcme.report.models import compute_model_settings, describe_networks, describe_replay
from deepcme.study.spec import make_study
from tests.conftest import BINARY_EXAMPLE


def settings(**values):
    return make_study({**BINARY_EXAMPLE, **values})


def test_of_a_second_network_what_sets_it_apart():
    models = settings(protocol="paper").models
    text = describe_networks(models)
    assert (
        "DeepCME-128: as DeepCME, with batch_size = 64, hidden_layers = (128, 128, 128)."
        in text
    )
    assert "DeepCME without L1: as DeepCME, with penalty_strength = 0." in text


def test_the_papers_epochs_are_those_of_the_study():
    short = {"name": "DeepCME", "parameters": {"max_epochs": 40}}
    study = settings(protocol="paper", models=[short, "LR"], split={"repeats": 3})
    assert describe_replay(study) == (
        "Protocol paper: 3 splits by sample, standardised over all rows, networks trained for "
        "up to 40 epochs, the epoch of lowest validation loss kept."
    )


def test_every_setting_of_every_model_is_in_the_table():
    table = compute_model_settings(settings().models)
    by_model = table.set_index(["model", "setting"])["value"]
    assert by_model["DeepCME", "dropout"] == "0.5"
    assert by_model["DeepCME-ensemble", "dropout"] == "0.7"
    assert by_model["KNN", "n_neighbors"] == "5"
    assert by_model["RF", "n_estimators"] == "100"
    assert "random_state" not in set(table["setting"])


def test_a_default_that_means_not_set_is_no_setting():
    table = compute_model_settings(settings().models)
    assert not table["value"].isin(["deprecated", "warn"]).any()
    assert {"C", "kernel"} <= set(table.loc[table["model"] == "SVC", "setting"])


def test_an_ensemble_says_in_which_space_it_learns():
    on_genes = {"name": "DeepCME-ensemble", "parameters": {"space": "genes"}}
    span = "each network trains on the scores of its training rows on axes of the space"
    assert span in describe_networks(settings(models=["DeepCME-ensemble"]).models)
    assert "another course" in describe_networks(settings(models=["DeepCME-ensemble"]).models)
    assert span not in describe_networks(settings(models=[on_genes]).models)
