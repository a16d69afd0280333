"""Cells of tables for readers: numbers as text, and the kinds of columns."""
