"""The genes of highest score: their direction, each alone, and by outcome."""
