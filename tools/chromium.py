"""The browser that the tools look at pages with."""

from __future__ import annotations

import shutil
from typing import Any


def open_chromium(playwright: Any) -> Any:
    """Headless Chromium, or None where there is none."""
    path = (
        shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    )
    return path and playwright.chromium.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )
