"""How well each gene alone tells who has the event."""
