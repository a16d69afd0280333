"""Scales: what the values of a matrix are."""
