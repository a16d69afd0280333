"""What a study's tables tell of genes: scores, direction, each gene alone, a heat map."""
