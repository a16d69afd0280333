"""The NCI Genomic Data Commons: its API, its expression files, and cohorts made of them."""
