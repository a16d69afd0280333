"""Making a cohort: of arrays, of DataFrames, of a part of another; and what is checked."""
