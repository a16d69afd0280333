"""Panels of a few genes: what is kept of them, and what they tell of a sample."""
