"""What a name may be: of samples, patients, genes, columns, cohorts, models and signatures.

Names come from strangers' files and end in HDF5, XML (charts), CSV, Markdown and on
terminals. What one of these forbids is refused by a cohort and by a study, and replaced
by whatever reads files (`deepcme.base.words.cleaned`); nothing after that has to ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deepcme.base.errors import DeepCMEError

if TYPE_CHECKING:
    import pandas as pd

# Control characters but tab and line ends, halves of a character, and what Unicode keeps for no
# character (XML 1.0, section 2.2; HDF5 takes no NUL). Those that turn the direction of writing
# make a text look like another (CVE-2021-42574).
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_FORBIDDEN = f"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff{_TURNING}"
_LINE_ENDS = "\t\n\r\u2028\u2029"
_NOT_IN_TEXT = re.compile(f"[{_FORBIDDEN}]")
_NOT_IN_A_NAME = re.compile(f"[{_FORBIDDEN}{_LINE_ENDS}]")
_SHOWN = 60
_NAMES_OF_OBS = {"sample": "sample id", "patient": "patient id"}
_NAMES_OF_VAR = {"gene_id": "gene id"}
_NO_KEYS = ("", ".", "..", "_index")


def without_forbidden(text: str) -> str:
    """The text with a space for every control character, and nothing for turned writing."""
    return _NOT_IN_TEXT.sub(lambda found: "" if found[0] in _TURNING else " ", text)


def holds_forbidden(text: str) -> bool:
    """Whether the text has a character that no text may hold."""
    return _NOT_IN_TEXT.search(text) is not None


def is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8, which half a character cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def printable(text: str) -> str:
    r"""The text on one line, with ``\x1b`` for what would steer a terminal."""
    return _NOT_IN_A_NAME.sub(lambda found: repr(found[0])[1:-1], text)


def require_name(name: str, what: str) -> None:
    """Refuse a name that is empty or holds a control character or the end of a line.

    Parameters
    ----------
    name : str
    what : str
        Whose name it is, as in ``the model's name``.

    Raises
    ------
    DeepCMEError
        Showing the name with its characters escaped.
    """
    if not name.strip():
        raise DeepCMEError(f"{what} is empty: give one.")
    _require(_NOT_IN_A_NAME, name, what)


def require_text(text: str, what: str) -> None:
    """Refuse a text that holds a character which no text may hold.

    Raises
    ------
    DeepCMEError
        Showing the text with its characters escaped.
    """
    _require(_NOT_IN_TEXT, text, what)


def _require(forbidden: re.Pattern[str], text: str, what: str) -> None:
    if (found := forbidden.search(text)) is None:
        return
    start = max(0, found.start() - _SHOWN // 2)
    shown = ascii(text[start : start + _SHOWN])
    raise DeepCMEError(
        f"{what} {shown} holds {found[0]!a}, a character that no name or text may hold: "
        "take it out."
    )


def stored_name(name: str, reserved: Iterable[str] = ()) -> str:
    """What a column is called in a cohort: a slash would be a group of the `.h5ad` file."""
    storable = name.replace("/", "|")
    if storable in reserved:
        return f"{storable}_in_file"
    if storable in _NO_KEYS:
        return "index" if storable == "_index" else "unnamed"
    return storable


def check_cohort_names(
    obs: pd.DataFrame, var: pd.DataFrame, name: str, words: Mapping[str, Any]
) -> None:
    """Refuse a cohort with a name or text that cannot be stored, drawn or shown.

    Parameters
    ----------
    obs, var : DataFrame
    name : str
        Of the cohort.
    words : mapping
        Further text by what it is, such as the endpoint; may be nested.

    Raises
    ------
    DeepCMEError
        Naming the first such text.
    """
    require_name(str(name), "The cohort's name")
    for table, names in ((obs, _NAMES_OF_OBS), (var, _NAMES_OF_VAR)):
        for column in map(str, table.columns):
            if column in _NO_KEYS or "/" in column:
                raise DeepCMEError(
                    f"A column of a cohort must not be called {column!r}, which an .h5ad file "
                    f"cannot keep: call it {stored_name(column)!r}, for one."
                )
            require_name(column, "The column's name")
        for position, column in enumerate(map(str, table.columns)):
            kind = names.get(column)
            what = f"A value of the column {column!r}," if kind is None else f"The {kind}"
            _check_values(table.iloc[:, position], what, is_name=kind is not None)
        _check_values(table.index, "The name of a row")
    for what, value in words.items():
        for text in texts_in(value):
            require_text(text, what)


def _check_values(values: pd.Series | pd.Index, what: str, *, is_name: bool = False) -> None:
    if values.dtype.kind in "biufc":
        return
    distinct = values.cat.categories if hasattr(values, "cat") else values
    texts = [text for text in distinct if isinstance(text, str)]
    forbidden = _NOT_IN_A_NAME if is_name else _NOT_IN_TEXT
    # One search of all, as nearly every cohort is without fault; a space joins what may be.
    if forbidden.search(" ".join(texts)):
        for text in texts:
            _require(forbidden, text, what)
    if is_name and not all(map(str.strip, texts)):
        raise DeepCMEError(f"{what} is empty: give one.")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in nested mappings and lists, keys included, however deep."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, Mapping):
            waiting += [*inner.keys(), *inner.values()]
        elif isinstance(inner, list | tuple):
            waiting += inner


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """JSON-like values with every text in them changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            with_texts(key, change): with_texts(inner, change) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [with_texts(inner, change) for inner in value]
    return value
