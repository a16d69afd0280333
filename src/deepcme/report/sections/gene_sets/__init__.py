"""Sets of genes in the report."""
