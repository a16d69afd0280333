"""Panels of a few genes: the whole way to one, and how good they are at each size."""
