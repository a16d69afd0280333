"""What every layer uses and no biology is in: errors, files, seeds, words."""
