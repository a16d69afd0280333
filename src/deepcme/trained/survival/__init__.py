"""What is a model's own that tells when; `deepcme.trained` has what all models share."""
