"""Sets of genes as a part of a study."""
