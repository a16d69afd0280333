"""The parts of a study: each with its settings, tasks, tables and words, listed in `listed`."""
