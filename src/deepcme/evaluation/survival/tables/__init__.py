"""What a study of times to an event reports, each a table made of its predictions."""
