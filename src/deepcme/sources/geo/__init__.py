"""GEO, and ARCHS4, which counts the samples of GEO."""
