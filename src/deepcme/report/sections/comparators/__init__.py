"""How published signatures and a clinical index rank the same patients as the models."""
