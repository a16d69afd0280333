"""Which signatures stand beside the models, and which the verdict tells of."""

import pytest

from deepcme import DeepCMEError
from deepcme.study.plan import make_plan
from deepcme.study.spec import load_study, make_study
from tests.study.parts.comparators.invented import GENES, PROLIFERATION, breast_cohort

SPLIT = {"design": "repeated", "repeats": 2}


def study_of(**comparator):
    return make_study(
        {
            "cohort": {"path": "cohort.h5ad"},
            "split": SPLIT,
            "models": ["LR", "KNN"],
            "comparator": comparator,
        },
        folder=None,
    )


def plan_of(cohort=None, **comparator):
    return make_plan(study_of(**comparator), cohort or breast_cohort())


def names(plan):
    return [one.signature.name for one in plan.signatures]


def standing(plan):
    return {one.signature.name: one.standing for one in plan.signatures}


@pytest.fixture
def own(tmp_path):
    """A file of a signature of half of the genes."""
    path = tmp_path / "ours.csv"
    path.write_text("gene,weight\n" + "".join(f"{gene},0.5\n" for gene in GENES[:6]))
    return path


def test_all_published_ones_are_looked_at_and_the_first_full_preferred_one_is_named():
    plan = plan_of()
    assert len(plan.signatures) == 6
    assert [name for name, of in standing(plan).items() if of == "full"] == [PROLIFERATION]
    assert plan.study.comparator.signature == PROLIFERATION
    assert f'signature = "{PROLIFERATION}"' in plan.study.to_toml()


def test_none_is_named_where_none_stands_in_full():
    partial = plan_of(breast_cohort(n_genes=8))
    assert standing(partial)[PROLIFERATION] == "partial"
    assert partial.study.comparator.signature == "none"


def test_they_are_named_by_what_people_call_them(own):
    plan = plan_of(signatures=["ggi", "AURKA"], signature="PAM50 proliferation")
    assert names(plan) == ["genomic-grade-index", PROLIFERATION]
    assert plan.study.comparator.signature == PROLIFERATION
    assert plan.study.comparator.signatures == ("genomic-grade-index", PROLIFERATION)
    plan = plan_of(signatures="none", files=[own])
    assert (names(plan), plan.study.comparator.signature) == (["ours"], "ours")
    plan = plan_of(signatures="none", files=[own], signature=PROLIFERATION)
    assert names(plan) == [PROLIFERATION, "ours"]


def test_none_is_looked_at_where_the_study_says_so_or_the_cohort_is_of_another_cancer():
    for plan in (plan_of(signatures="none"), plan_of(breast_cohort(name="TCGA-LUAD"))):
        assert plan.signatures == ()
        assert plan.study.comparator.signature == "none"
    named = plan_of(breast_cohort(name="TCGA-LUAD"), signature="aurka")
    assert names(named) == [PROLIFERATION]


def test_the_publication_had_none():
    study = make_study(
        {"cohort": {"path": "c.h5ad"}, "protocol": "paper", "models": ["LR", "KNN"]},
        folder=None,
    )
    plan = make_plan(study, breast_cohort())
    assert (study.comparator.signatures, plan.signatures) == ("none", ())
    named = study.comparator.model_copy(update={"signature": PROLIFERATION})
    plan = make_plan(study.model_copy(update={"comparator": named}), breast_cohort())
    assert names(plan) == [PROLIFERATION]


def test_one_of_too_few_genes_is_refused_before_anything_is_fitted(own):
    with pytest.raises(DeepCMEError) as told:
        plan_of(signature="ggi", files=[own])
    said = str(told.value)
    assert said.startswith("comparator.signature: genomic grade index: ")
    assert "of 128 genes" in said
    assert f"Name one of {PROLIFERATION} (full), ours (full)" in said
    assert "\n" not in said
    with pytest.raises(DeepCMEError, match="No other here will do: write signature"):
        plan_of(breast_cohort(n_genes=1), signature="ggi")


@pytest.mark.parametrize(
    ("comparator", "sentence"),
    [
        ({"signature": "oncotype"}, "there is no signature 'oncotype': name one of eight-gene"),
        ({"signatures": ["oncotype"]}, "There is no published signature 'oncotype'"),
        ({"files": ["absent.csv"]}, r"absent\.csv"),
        ({"files": ["a/x.csv", "b/x.csv"]}, "two signatures have the same name: x, x"),
        ({"signature": 3}, "comparator.signature: .*string"),
    ],
)
def test_what_is_no_signature_is_told(comparator, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        plan_of(**comparator)


def test_a_model_may_not_bear_the_name_of_a_signature(own, tmp_path):
    from deepcme.study.parts.comparators.signatures import COMPARATORS

    model = {"name": PROLIFERATION, "estimator": "KNN"}
    study = make_study(
        {"cohort": {"path": "c.h5ad"}, "split": SPLIT, "models": ["LR", model]}, folder=None
    )
    with pytest.raises(DeepCMEError, match=f"a model must not be called '{PROLIFERATION}'"):
        COMPARATORS.check(make_plan(study, breast_cohort()))
    COMPARATORS.check(make_plan(study, breast_cohort(n_genes=1)))  # takes no part
    clinical = own.rename(tmp_path / "clinical.csv")
    with pytest.raises(DeepCMEError, match="a signature must not be called 'clinical'"):
        COMPARATORS.check(plan_of(files=[clinical]))


def test_a_text_stands_for_the_model_and_older_files_have_no_signature(tmp_path):
    path = tmp_path / "study.toml"
    text = 'comparator = "KNN"\nmodels = ["LR", "KNN"]\n[cohort]\npath = "c.h5ad"\n'
    path.write_text(text)
    today = load_study(path).comparator
    assert (today.model, today.signatures, today.clinical_index) == ("KNN", "auto", "auto")
    path.write_text("settings_version = 3\n" + text)
    older = load_study(path).comparator
    assert (older.model, older.signatures, older.clinical_index) == ("KNN", "none", "none")
    asked = load_study(path, {"comparator": {"signature": "ggi"}}).comparator
    assert (asked.model, asked.signature) == ("KNN", "ggi")
    path.write_text(text.replace('comparator = "KNN"', "settings_version = 3"))
    assert load_study(path).comparator.model == "KNN"
