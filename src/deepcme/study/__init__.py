"""A study: what to run, the tasks it makes, running them, and where results are kept."""
