"""Sets of genes in a ranking: which of them go with the outcome, and more than others do."""
