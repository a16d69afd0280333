"""Dates that a spreadsheet made of gene names: found, named, and mended where that is certain.

Source: Ziemann M, Eren Y, El-Osta A. Gene name errors are widespread in the scientific
literature. Genome Biology 2016; 17:177, and the locale survey of Abeysooriya M et al.,
PLoS Computational Biology 2021; 17:e1008984.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from deepcme.base.words import cleaned, few
from deepcme.cohort.genes.symbols import is_symbol, symbol_of_entrez, symbols_today

# English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Finnish, Polish,
# Russian: as their spreadsheets shorten the months.
_MONTH_WORDS = (
    "jan janv jän jänn ene gen sty tammi янв",
    "feb févr fév fev febr lut helmi фев",
    "mar march mars mär märz mrz mrt marzo maalis мар март",
    "apr avr avril abr kwi huhti апр",
    "may mai mei maj mag maio touko май",
    "jun juin juni giu cze kesä июн",
    "jul juil juli lug lip heinä июл",
    "aug août aout ago sie elo авг",
    "sep sept set wrz syys сен сент",
    "oct okt ott out paź loka окт",
    "nov lis marras ноя нояб",
    "dec déc dez dic des gru joulu дек",
)
_MONTH_OF = {
    word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()
}
_IN_ENGLISH = frozenset(("march", "sept", *(words.split()[0] for words in _MONTH_WORDS)))
_GENE_FAMILIES = {3: ("MARCH", "MARC"), 9: ("SEPT", "SEP"), 12: ("DEC",)}

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_DAY_AND_WORD = re.compile(
    r"(?P<day>\d{1,2})[ ./-]+(?P<word>[^\W\d_]{3,6})\.?([ ./-]+(\d{4}|\d{2}))?"
)
_WORD_AND_NUMBER = re.compile(r"(?P<word>[^\W\d_]{3,6})\.?[ ./-]+(?P<number>\d{1,2}|\d{4})")
_YEAR_FIRST = re.compile(
    rf"\d{{4}}([-/.])(?P<month>\d{{1,2}})\1(?P<day>\d{{1,2}}){_TIME}"
    r"|(\d{4}年)?(?P<moon>\d{1,2})月(?P<sun>\d{1,2})日"
)
_YEAR_LAST = re.compile(
    rf"(?P<one>\d{{1,2}})(?:([/.-])(?P<two>\d{{1,2}})\2\d{{4}}|/(?P<short>\d{{1,2}})/\d{{2}}){_TIME}"
)

_X_OF_R = re.compile(r"^X(?=\d)")
_SERIAL = re.compile(r"X?(?P<days>\d{5})(\.0)?")
_WORD = re.compile(r"(?!ENS)[A-Za-z][\w.@-]*")
# Of the 1900 date system, and of the 1904 system of older Excel for the Mac.
_DAYS_ZERO = (date(1899, 12, 30), date(1904, 1, 1))
_FIRST_SERIAL, _LAST_SERIAL = 32874, 49674  # 1990 to 2035

_Readings = set[tuple[int, int]]


def date_like(names: Iterable[str]) -> list[str]:
    """Names that a spreadsheet has turned into dates, as it does to SEPT1 and MARCH3.

    In the order given. Serial numbers such as 44441 (2 September 2021) are
    dates only among names that are words, some of them known symbols.
    """
    names = list(names)
    dates = _dates_among(names)
    return [name for name in names if name in dates]


def date_notes(names: Sequence[str]) -> list[str]:
    """What to say about names that look like dates and were kept."""
    dates = date_like(names)
    if not dates:
        return []
    return [
        f"Warning: {len(dates):,} gene names look like dates, as a spreadsheet makes of SEPT1 "
        f"or MARCH3: {few(dates, 5)}. They were kept as they are; --repair-gene-names mends "
        "those that can be one gene only."
    ]


def repair_gene_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give dates their gene back where only one gene can have become that date.

    The symbols are today's: ``2-Sep`` becomes SEPTIN2. ``1-Mar`` may be MARCHF1
    or MTARC1 and stays, and so does a date whose gene is there under another name.

    Parameters
    ----------
    names : sequence of str
        Each gene's name, once.

    Returns
    -------
    names : list of str
        In the same order.
    notes : list of str
        What was mended, and what was left and why.
    """
    dates = _dates_among(names)
    genes = {name: _symbols_of_dates(readings) for name, readings in dates.items()}
    certain = {
        name: next(iter(symbols)) for name, symbols in genes.items() if len(symbols) == 1
    }
    taken = _symbols_met_twice(certain, [name for name in names if name not in dates])
    mended = {name: gene for name, gene in certain.items() if gene not in taken}
    notes = []
    if mended:
        listed = few((f"{name} is {gene}" for name, gene in mended.items()), 20)
        notes.append(
            f"{len(mended):,} gene names that a spreadsheet had turned into dates got their "
            f"symbol back: {listed}."
        )
    left = {name: symbols for name, symbols in genes.items() if name not in mended}
    if left:
        listed = few((_why_left(name, symbols) for name, symbols in left.items()), 20)
        notes.append(
            f"Warning: {len(left):,} gene names look like dates and were left as they are: "
            f"{listed}."
        )
    return [mended.get(name, name) for name in names], notes


def dates_of_no_one_gene(names: Iterable[str]) -> list[str]:
    """Dates, each once, that several genes can have become, or none that is known."""
    dates = _dates_among(list(dict.fromkeys(names)))
    return [name for name, found in dates.items() if len(_symbols_of_dates(found)) != 1]


def repair_by_entrez(
    names: Sequence[str], entrez: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Give dates the symbol of the gene whose Entrez id stands beside them.

    Parameters
    ----------
    names : sequence of str
        The gene of each row; names may repeat.
    entrez : sequence of str
        The Entrez id of each row.

    Returns
    -------
    names : list of str
        Dates beside an unknown id are left as they are.
    notes : list of str
        What was mended.
    """
    dates = set(date_like(dict.fromkeys(names)))
    mended = [
        (name in dates and symbol_of_entrez(number)) or name
        for name, number in zip(names, entrez, strict=True)
    ]
    pairs = dict.fromkeys(zip(names, mended, strict=True))
    listed = [f"{name} is {gene}" for name, gene in pairs if name != gene]
    if not listed:
        return mended, []
    return mended, [
        f"{len(listed):,} genes that a spreadsheet had turned into dates got the symbol of "
        f"their Entrez id: {few(listed, 20)}."
    ]


def _symbols_met_twice(certain: Mapping[str, str], others: Iterable[str]) -> set[str]:
    """Symbols that two dates stand for, or a date and a name that is none."""
    if not certain:
        return set()
    genes = list(certain.values())
    there = {symbol for name in others for symbol in symbols_today(name)}
    return {gene for gene in genes if genes.count(gene) > 1 or gene in there}


def _why_left(name: str, symbols: set[str]) -> str:
    if not symbols:
        return f"{name} (no gene known)"
    if len(symbols) == 1:
        return f"{name} ({next(iter(symbols))} is there twice)"
    return f"{name} ({' or '.join(sorted(symbols))})"


def _dates_among(names: Sequence[str]) -> dict[str, _Readings]:
    """Each date among the names, with the months and days that it may mean."""
    readings = {name: _readings(name) for name in names if any(map(str.isdigit, name))}
    dates = {name: found for name, found in readings.items() if found}
    return dates | _serial_numbers([name for name in names if name not in dates])


def _readings(name: str) -> _Readings:
    """Months and days that a name may mean, if it is a date.

    A month with a year alone reads as a day that does not exist. R puts an X
    before column names that start with a digit.
    """
    text = _X_OF_R.sub("", cleaned(name))
    if match := _DAY_AND_WORD.fullmatch(text):
        month = _MONTH_OF.get(match["word"].lower())
        return {(month, int(match["day"]))} if month else set()
    if match := _WORD_AND_NUMBER.fullmatch(text):
        word = match["word"].lower()
        # In capitals it may be a gene: GEN-1, LIS-1, SET-2.
        known = word in _MONTH_OF and (word in _IN_ENGLISH or not match["word"].isupper())
        return {(_MONTH_OF[word], int(match["number"]))} if known else set()
    if match := _YEAR_FIRST.fullmatch(text):
        return {(int(match["month"] or match["moon"]), int(match["day"] or match["sun"]))}
    if match := _YEAR_LAST.fullmatch(text):
        one, two = int(match["one"]), int(match["two"] or match["short"])
        return {(month, day) for month, day in ((one, two), (two, one)) if month <= 12}
    return set()


def _serial_numbers(names: Sequence[str]) -> dict[str, _Readings]:
    """Serial numbers of days that genes are called after, among names that are words.

    Where most are no such days they are something else, and so they are among ids
    of other kinds. Of the two date systems, one that lacks a day is not the file's.
    """
    matches = {name: _SERIAL.fullmatch(name) for name in names}
    numbers = {name: int(match["days"]) for name, match in matches.items() if match}
    numbers = {name: n for name, n in numbers.items() if _FIRST_SERIAL <= n <= _LAST_SERIAL}
    others = [name for name in names if name not in numbers]
    n_words = sum(_WORD.fullmatch(name) is not None for name in others)
    if not numbers or 2 * n_words < len(others) or not any(map(is_symbol, others)):
        return {}
    by_system = [_gene_days(numbers, day_zero) for day_zero in _DAYS_ZERO]
    days: set[str] = set().union(*by_system)
    if 2 * len(days) < len(numbers):
        return {}
    fitting = [found for found in by_system if found.keys() == days] or by_system
    return {
        name: {found[name] for found in fitting if name in found}
        for name in numbers
        if name in days
    }


def _gene_days(numbers: Mapping[str, int], day_zero: date) -> dict[str, tuple[int, int]]:
    """Month and day of those serial numbers that are days genes are called after."""
    days = {name: day_zero + timedelta(days=n) for name, n in numbers.items()}
    found = {name: (day.month, day.day) for name, day in days.items()}
    return {name: day for name, day in found.items() if _symbols_of_dates({day})}


def _symbols_of_dates(readings: _Readings) -> set[str]:
    """Today's symbols of the genes that a spreadsheet turns into these dates."""
    return {
        symbol
        for month, day in readings
        for family in _GENE_FAMILIES.get(month, ())
        for symbol in symbols_today(f"{family}{day}")
    }
