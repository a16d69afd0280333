"""The model card: what a model is for, whom it was learned from, how good it is, its limits."""
