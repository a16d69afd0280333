"""The page on how good panels are: its tables, between marks."""
