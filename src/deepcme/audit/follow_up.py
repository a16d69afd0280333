"""Columns that hold a patient's follow-up: known afterwards, and rightly close to the label."""

from __future__ import annotations

import re

import pandas as pd

from deepcme.base.words import says_nothing, words_of_name
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.follow_up import is_event_status, names_events
from deepcme.cohort.making.checks import own_columns

_MOST_WORDS_OF_A_STATUS = 4
_TIME_OR_EVENT = re.compile("time|duration|years|months|days|events?|status|censor(ed|ing)?")
_WHAT_HAPPENS = re.compile(
    "os|[dre]fs|d[mr]fs|lrfs|mfs|[dp]fi|pfs|dss|ttp|fu|followup|follow|up|surv(ival)?|alive|living"
    "|vital|death|dead|died|deceased|relapse[ds]?|recur(rence|red|rent)?|metastas[ei]s|mets?"
    "|progress(ion|ed)?"
)
_BESIDE = re.compile(
    "a|after|any|at|by|cancer|contact|date|day|disease|distant|dx|e|ever|first|for|free|from|in"
    "|ind|indicator|initial|known|last|local|month|neoplasm|new|no|of|or|overall|patient|post"
    "|regional|s|since|specific|t|the|therapy|to|treatment|tumou?r|until|with(in|out)?|year|yes"
)


def find_follow_up_columns(cohort: Cohort) -> list[str]:
    """Further columns of `obs` that hold follow-up, or that the label was made of.

    A column is one if every word of its name speaks of follow-up, as in ``OS_MONTHS``,
    ``t.dmfs``, ``days_to_last_follow_up`` and ``Disease Free Status``, and its values are
    lengths of time, or a few words; or if it names events, such as ``1:Recurred``, whatever
    it is called. ``risk_score`` and ``er_status`` are none: they speak of something else.
    """
    own = own_columns(type(cohort.outcome))
    made_of = cohort.outcome.endpoint.columns
    return [
        str(name)
        for name in cohort.obs.columns
        if name not in own and (name in made_of or _is_follow_up(cohort.obs[name], str(name)))
    ]


def _is_follow_up(column: pd.Series, name: str) -> bool:
    known = column.dropna().astype(str)
    known = known[~known.map(says_nothing)]
    if known.empty:
        return False
    if names_events(known):
        return True
    words = words_of_name(name.removesuffix("_in_file"))  # as a name of our own was given
    telling = [word for word in words if not _BESIDE.fullmatch(word)]
    tells_what = [word for word in telling if _WHAT_HAPPENS.fullmatch(word)]
    others = [word for word in telling if not _TIME_OR_EVENT.fullmatch(word)]
    if not telling or others != tells_what:
        return False
    if known.nunique() <= _MOST_WORDS_OF_A_STATUS:
        return bool(tells_what) or is_event_status(known)
    return bool((pd.to_numeric(known, errors="coerce") >= 0).all())
