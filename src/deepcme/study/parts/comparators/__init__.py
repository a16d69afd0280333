"""What clinic and literature have already, scored beside the models and trained on nothing."""
