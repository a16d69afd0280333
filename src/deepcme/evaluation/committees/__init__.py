"""What a committee of models gains over its members: of yes or no, and of times to an event."""
