"""The day on which a page is written."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def day_of_writing() -> str:
    """Today in UTC, as in "28 November 2026".

    Where the variable ``SOURCE_DATE_EPOCH`` is set, it is that moment's day, so that equal
    pages are written in equal bytes (reproducible-builds.org, SOURCE_DATE_EPOCH).
    """
    moment = os.environ.get("SOURCE_DATE_EPOCH", "")
    day = datetime.fromtimestamp(int(moment), UTC) if moment.isdecimal() else datetime.now(UTC)
    return f"{day.day} {day:%B %Y}"
