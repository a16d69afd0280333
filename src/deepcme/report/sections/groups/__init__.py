"""Sections on cohorts that were left out, and on patients of one kind."""
