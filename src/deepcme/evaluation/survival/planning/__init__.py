"""What patients of known hazards could show, for planning: precision, power, sample size."""
