"""Parts of a study for which other cohorts are read beside its own."""
