"""Sections on other cohorts beside a study's own."""
