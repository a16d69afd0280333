"""Cohorts that come with the package."""

from __future__ import annotations

from deepcme.sources.examples import load_transbig as transbig

__all__ = ["transbig"]
