"""What is answered: predictions as JSON or as a table, and errors in a sentence."""
