"""Learning in the space that the training rows span: its Gram matrix and coordinates."""
