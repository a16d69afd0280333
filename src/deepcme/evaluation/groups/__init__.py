"""Performance group by group: cohorts that were left out, and patients of one kind."""
