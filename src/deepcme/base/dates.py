"""The day on which something is written: a page, a model."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime


def today() -> date:
    """Today in UTC.

    Where the variable ``SOURCE_DATE_EPOCH`` is set, it is that moment's day, so that equal
    files are written in equal bytes (reproducible-builds.org, SOURCE_DATE_EPOCH).
    """
    moment = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(moment), UTC) if moment.isdecimal() else datetime.now(UTC)
    return now.date()


def day_of_writing() -> str:
    """Today in UTC, as in "28 November 2026"."""
    day = today()
    return f"{day.day} {day:%B %Y}"
