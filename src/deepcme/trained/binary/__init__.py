"""What is a model's own that tells yes or no; `deepcme.trained` has what all models share."""
