"""A baseline is one row of the table of models: a study runs it, and its report names it."""

from deepcme.models.registry import KINDS, ModelKind
from deepcme.report.models import describe_baselines
from deepcme.study.run import run_study


def test_a_baseline_is_one_row(quick_study, tmp_path, monkeypatch):
    row = ModelKind(
        name="Bayes", estimator="sklearn.naive_bayes.GaussianNB", library="scikit-learn"
    )
    monkeypatch.setitem(KINDS, row.name, row)
    parameters = {"var_smoothing": 0.5}
    bayes = {"name": "naive", "estimator": "Bayes", "parameters": parameters}
    study = quick_study(models=["LR", bayes], comparator="naive")
    predictions = run_study(study, tmp_path / "out", jobs=1, quiet=True).read_table(
        "predictions.parquet"
    )
    assert set(predictions["model"]) == {"LR", "naive"}
    assert predictions["score"].notna().all()
    told = "naive: scikit-learn's GaussianNB with its defaults but var_smoothing = 0.5."
    assert told in describe_baselines(study)
