"""What is said of models beside signatures: nothing that the numbers do not show."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.sections.comparators.compared import read_signatures
from deepcme.report.sections.comparators.words import (
    describe_found,
    describe_kinds,
    describe_signatures,
    list_refused,
    list_warnings,
    name_standing,
    shorten_citation,
)
from tests.report.sections.comparators.conftest import described, predict, signature


def row(model, difference=np.nan, low=np.nan, high=np.nan, p_holm=1.0, **columns):
    return {
        "model": model, "kind": "published", "standing": "full", "named": False,
        "warned": False, "difference": difference, "difference_low": low,
        "difference_high": high, "p_holm": p_holm, **columns,
    }  # fmt: skip


def said(*rows, at_chance=()):
    table = pd.DataFrame([row("NET", kind="trained here"), *rows])
    return describe_found(table, "AUC", lambda name: name not in at_chance)


def named(*numbers, **columns):
    return row("ggi", *numbers, named=True, **columns)


WIN, LOSS, TIE = (0.1, 0.02, 0.18), (-0.1, -0.18, -0.02), (0.01, -0.07, 0.09)


def test_an_interval_that_holds_0_shows_no_difference_to_the_named_one():
    assert said(named(*TIE)) == (
        "NET is not shown to rank patients better or worse than ggi, the signature named in "
        "advance (difference in AUC +0.010, 95% interval -0.070 to +0.090)."
    )


def test_better_or_worse_is_said_where_the_interval_excludes_0():
    assert said(named(*WIN)).startswith("NET ranks patients better than ggi, the signature ")
    assert said(named(*LOSS)).startswith("NET ranks patients worse than ggi, the signature ")


def test_nobody_who_is_not_shown_to_exceed_chance_is_called_better():
    assert "not shown" in said(named(*WIN), at_chance=["NET"])
    assert "not shown" in said(named(*LOSS), at_chance=["ggi"])
    others = row("rs", *WIN, p_holm=0.01), row("ep", *LOSS, p_holm=0.01)
    assert said(*others, at_chance=["NET", "ep"]).endswith(
        "After Holm no difference to the 2 other rows is shown."
    )


def test_of_the_others_those_told_apart_after_holm_are_named():
    others = row("rs", *WIN, p_holm=0.01), row("ep", *WIN, p_holm=0.2)
    worse = row("index", *LOSS, p_holm=0.03, kind="clinical index")
    assert said(*others, worse) == (
        "No signature was named in advance. Of the 3 other rows, after Holm, NET ranks "
        "patients better than rs and worse than index."
    )
    assert said(row("rs", *TIE)).endswith("no difference to the other row is shown.")


def test_a_signature_that_the_cohort_helped_to_make_is_never_named_without_saying_so():
    caution = "ggi, the signature named in advance (see the warning on it) ("
    assert caution in said(named(*LOSS, warned=True))
    others = said(named(*TIE), row("rs", *LOSS, p_holm=0.01, warned=True))
    assert others.endswith("worse than rs (see the warning on it).")


def test_what_cannot_be_compared_or_has_no_interval_says_so():
    assert said(named()) == "NET is not compared with ggi, the signature named in advance."
    assert "(difference in AUC +0.100, without an interval)" in said(named(0.1))


def test_each_cohort_left_out_is_told_of():
    table = [named(*TIE, left_out=cohort) for cohort in ("A", "B")]
    first, second = said(*table).split(" In ")
    assert first.startswith("In A: NET is not shown") and second.startswith("B: NET")


@pytest.fixture
def read(contents_of):
    def make(*more, index=None):
        contents = contents_of(signatures=described(*more), index=index, compute=False)
        return read_signatures(contents.results.folder)

    return make


def test_a_warning_that_all_share_stands_once_and_names_none(read):
    table = read().assign(warnings="Another cancer.")
    table["trained_here"] = np.where(table["standing"] == "partial", "Made here.", "")
    assert list_warnings(table) == [
        "seventy-gene: Made here.",
        "every signature: Another cancer.",
    ]


def test_refused_ones_have_a_line_for_genes_and_one_for_each_other_reason(read):
    other = {"gene_share": np.nan, "weight_share": np.nan, "why": "Another cancer."}
    more = [signature(name, "refused", **other) for name in ("rs", "ep")]
    assert list_refused(read(signature("few", "refused", 1), *more)) == [
        "Not scored, as under 50% of their genes or weight are in the cohort: "
        "seventy-six-gene (2 of 10), few (1 of 10).",
        "rs, ep: not scored. Another cancer.",
    ]


def test_published_ones_are_never_called_the_assay_and_own_files_are_told_apart(read):
    published = describe_kinds(read())
    assert "research versions, not the assays" in published and "own files" not in published
    own = describe_kinds(read(signature("mine", kind="own file")))
    assert "Those of the user's own files are as the files have them." in own
    assert not describe_kinds(read().assign(standing="refused"))


def test_methods_name_source_genes_and_what_was_named(read):
    index = {
        "index": "nottingham-index", "title": "NPI", "standing": "full", "why": "",
        "warnings": "", "methods": "The index is 0.2 size + nodes + grade.", "source": "",
        "cancer": "breast", "n": 60, "n_known": 60,
    }  # fmt: skip
    text = describe_signatures(read(index=index))
    assert text.startswith(
        "Research versions, not the assays: genomic-grade-index (Sotiriou et al. 2006), 8 of "
        "10 genes; seventy-gene, 6 of 10 genes, partial. Genes were found by identifier"
    )
    assert text.endswith(
        "genomic-grade-index was named in advance. The index is 0.2 size + nodes + grade."
    )
    assert "seventy-six-gene" not in text


@pytest.mark.parametrize(
    ("citation", "short"),
    [
        ("van 't Veer LJ, Dai H. A title. Nature 2002;415:530-536.", "van 't Veer et al. 2002"),
        ("Solo A. A title of 1999. Nature 2002;415:530.", "Solo 2002"),
        ("mine, unpublished.", "mine, unpublished"),
        ("", ""),
    ],
)
def test_a_citation_is_shortened_where_it_is_known_how(citation, short):
    assert shorten_citation(citation) == short


def test_a_row_is_what_it_is():
    assert name_standing(row("NET", kind="trained here", standing="")) == "trained here"
    assert name_standing(named()) == "full, named"
    assert name_standing(row("s", standing="partial", warned=True)) == "partial, see warning"
    assert name_standing(row("i", kind="clinical index")) == "clinical index"
    assert name_standing(row("o", kind="own file", standing="partial")) == "own file, partial"


@pytest.mark.slow
def test_on_noise_hardly_any_study_calls_anything_better_or_worse(contents_of, say):
    """At most 5 of 100, as what is called better must exceed chance too."""
    names, studies = ("LR-tuned", "KNN", "genomic-grade-index", "seventy-gene"), 60
    claims = 0
    for seed in range(studies):
        noise = predict(strengths=dict.fromkeys(names, 0.0), seed=seed)
        contents = contents_of(noise, described().iloc[:2], index=None)
        found = contents.notes["beside_clinic_found"]
        claims += "ranks patients better" in found or "ranks patients worse" in found
    say(f"{claims} of {studies} studies of noise claim anything beside signatures")
    assert claims <= 6  # of 60 at 0.05 more come in 3 of 100
