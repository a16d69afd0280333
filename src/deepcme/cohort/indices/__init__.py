"""Published clinical indices, computed of the clinical columns that a cohort has."""
