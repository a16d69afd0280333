"""Simulated data with a known truth, and what a cohort of a given size can show."""
