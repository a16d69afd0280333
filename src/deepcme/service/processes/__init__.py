"""The processes that serve: one that watches, those that hold models, those that answer."""
