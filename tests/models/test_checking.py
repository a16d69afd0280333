"""Every parameter of every model of a study is checked when the study is read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.models.registry import KINDS
from deepcme.study.spec import load_study, make_study
from tests.conftest import BINARY_EXAMPLE, BINARY_EXAMPLE_TOML

NAN = float("nan")


def study_with(estimator, parameters):
    model = {"name": "mine", "estimator": estimator, "parameters": parameters}
    return make_study({**BINARY_EXAMPLE, "models": [model]})


@pytest.mark.parametrize(
    ("estimator", "parameters", "sentence"),
    [
        ("DeepCME", {"hidden_layers": 64}, "hidden_layers must list the width of each hidden"),
        ("DeepCME", {"hidden_layers": []}, "hidden_layers needs at least one layer"),
        ("DeepCME", {"dropout": 2}, "dropout must lie between 0 and 0.9, not 2"),
        ("DeepCME", {"batch_size": 32.0}, "batch_size must be a whole number, not 32.0"),
        ("DeepCME", {"penalty": None}, "penalty = None cannot be written in a study file"),
        (
            "RF",
            {"monotonic_cst": [None]},
            "monotonic_cst = .None. cannot be written in a study",
        ),
        ("DeepCME", {"random_state": 1}, "DeepCME takes no parameter 'random_state'"),
        ("DeepCME-ensemble", {"n_networks": True}, "n_networks must be a whole number"),
        ("LR-tuned", {"inverse_strengths": 0.1}, "inverse_strengths must list the strengths"),
        ("LR", {"C": "0.1"}, "C must be a number in the range .0.0, inf., not '0.1'"),
        ("LR", {"C": NAN}, "C must be a number in the range .0.0, inf., not nan"),
        ("LR", {"C": True}, "C takes no truth value, but is true"),
        (
            "LR",
            {"penalty": "deprecated"},
            "penalty = 'deprecated' is how scikit-learn says that",
        ),
        ("LR", {"fit_intercept": 1}, "fit_intercept must be true or false, not 1"),
        ("LR", {"class_weight": {"0": 1, "1": -5}}, "class_weight must be .* above 0"),
        ("SVC", {"kernel": "cube"}, "kernel must be one of 'linear', 'poly', 'precomputed', "),
        ("SVC", {"gamma": -1}, "gamma must be one of 'auto', 'scale' or a number in the range"),
        (
            "RF",
            {"n_estimators": 10.0},
            "n_estimators must be a whole number in the range .1, i",
        ),
        ("DT", {"max_depth": 0}, "max_depth must be a whole number in the range .1, inf., not"),
        ("KNN", {"n_neighbors": "5"}, "n_neighbors must be a whole number in the range .1, in"),
        (
            "RF",
            {"class_weight": {"0": 1}},
            "class_weight must have a weight for each of the classes 0, 1 and no",
        ),
    ],
)
def test_a_value_that_cannot_be_is_named(estimator, parameters, sentence):
    with pytest.raises(DeepCMEError, match=f"model mine: {sentence}") as caught:
        study_with(estimator, parameters)
    assert "\n" not in str(caught.value)


PARAMETERS = [
    (estimator, parameter)
    for estimator in KINDS
    for parameter in KINDS[estimator].make({}, 0).get_params(deep=False)
]
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, -0.5, 64.0, NAN, float("inf"), 2**40])
    | st.text(max_size=3)
    | st.dates()
)
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.sampled_from("01a"), PLAIN)


@given(of=st.sampled_from(PARAMETERS), value=VALUES)
def test_whatever_is_written_is_read_or_refused_in_one_sentence(of, value):
    estimator, parameter = of
    try:
        study = study_with(estimator, {parameter: value})
    except DeepCMEError as error:
        assert "model mine: " in str(error)
        assert "\n" not in str(error)
    else:
        assert parameter in study.to_toml()


@pytest.mark.parametrize("estimator", ["DeepCME", "DeepCME-ensemble", "LR", "SVC", "RF", "DT"])
def test_class_weights_can_be_written_in_toml(estimator, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        f'{BINARY_EXAMPLE_TOML}[[models]]\nname = "{estimator}"\n'
        "parameters = { class_weight = { 0 = 1.0, 1 = 5.0 } }\n"
    )
    (model,) = load_study(path).models
    made = KINDS[estimator].make(model.parameters, 0)
    assert made.class_weight == {0: 1.0, 1: 5.0}
    path.write_text(load_study(path).to_toml())
    assert load_study(path).models == (model,)


def test_class_weights_of_a_study_are_those_of_python():
    random = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = random.normal(size=(40, 3)).astype(np.float32) + y[:, None]
    quick = {"hidden_layers": [4], "max_epochs": 3}
    of_toml = KINDS["DeepCME"].make({**quick, "class_weight": {"0": 1.0, "1": 5.0}}, 7)
    of_python = KINDS["DeepCME"].make({**quick, "class_weight": {0: 1.0, 1: 5.0}}, 7)
    plain = KINDS["DeepCME"].make(quick, 7)
    fitted = [model.fit(X, y).decision_function(X) for model in (of_toml, of_python, plain)]
    assert np.array_equal(fitted[0], fitted[1])
    assert fitted[0].mean() > fitted[2].mean()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"seed": True}, "seed must be a number, not true"),
        ({"split": {"repeats": True}}, "split: repeats must be a number, not true"),
        ({"preprocessing": {"clip": False}}, "preprocessing: clip must be a number, not false"),
        ({"nulls": {"sizes": [True]}}, "nulls.sizes.0: .* valid integer, not True"),
    ],
)
def test_true_is_no_number(settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        make_study({**BINARY_EXAMPLE, **settings})
