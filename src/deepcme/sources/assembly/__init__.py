"""What was read to a checked `Cohort`: whose samples they are, and their labels."""
