"""Genes: their identifiers, names and symbols."""
