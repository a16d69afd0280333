"""What the verdict on a study of times may say, and when."""
