"""The cohort, what its samples, genes and values are, and how it is cut."""
