"""Models whose standardised scores are averaged with equal weights."""
