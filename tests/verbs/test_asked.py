"""What is asked of a study in words becomes the settings of its file."""

from pathlib import Path

from deepcme.verbs.asked import settings_asked


def test_nothing_asked_is_no_setting():
    assert settings_asked() == {}
    assert settings_asked(clinical=[], also=[], selection=False) == {}


def test_each_word_is_a_setting_of_its_section():
    asked = settings_asked(
        seed=3,
        models=["LR", "DT"],
        clinical="age",
        clinical_missing="indicator",
        repeats=2,
        design="folds",
        permutations=20,
        selection=True,
    )
    assert asked == {
        "seed": 3,
        "models": ["LR", "DT"],
        "clinical": {"columns": ["age"], "missing": "indicator"},
        "split": {"design": "folds", "repeats": 2},
        "nulls": {"permutations": 20},
        "selection": {"run": True},
    }


def test_files_become_absolute_paths():
    asked = settings_asked(also="a.h5ad", signature=[Path("s.txt")], gene_sets=["g.gmt"])
    assert asked["also"] == {"cohorts": [Path("a.h5ad").absolute()]}
    assert asked["nulls"] == {"signatures": [Path("s.txt").absolute()]}
    assert asked["gene_sets"] == {"files": [Path("g.gmt").absolute()]}


def test_a_signature_is_a_name_a_file_or_none():
    def of(signature):
        return settings_asked(comparator_signature=signature)["comparator"]

    assert of("proliferation") == {"signature": "proliferation"}
    assert of("none") == {"signature": "none", "signatures": "none"}
    assert of("mine.csv") == {"signature": "mine", "files": [Path("mine.csv").absolute()]}
