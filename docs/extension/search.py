"""The language of the site's search: English in which a question's own words say nothing."""

from __future__ import annotations

from sphinx.search.en import SearchEnglish

QUESTION_WORDS = frozenset(
    "how what why when where which who whose do does did done can could should would will may "
    "i me my mine we us our ours you your it its is are was were be been am a an the this that "
    "these those of to in on at by for from with and or as than then there here if so not no "
    "any some many much mean means meant use uses used using need needs want wants get have has "
    "had please tell about way ways vs".split()
)
"""Words of questions that carry nothing of what is asked for."""


class SearchQuestions(SearchEnglish):
    """English, with the words of questions among the words that are not looked for."""

    stopwords = SearchEnglish.stopwords | QUESTION_WORDS
