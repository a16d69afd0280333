"""What the verdict may say of a study, and when."""
