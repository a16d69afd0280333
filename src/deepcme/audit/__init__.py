"""Numbered checks of a cohort, to be read before anything is learned from it."""
