"""What stands beside the models without being trained: published signatures and indices."""
