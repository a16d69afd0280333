"""Published signatures and a user's own: their genes, found in a cohort, and frozen scores."""
