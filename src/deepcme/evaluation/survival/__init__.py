"""Times to an event, some of them censored: how often it happens, and how well foretold."""
