"""What a user does, as functions: the commands call them, and so does the front door."""
