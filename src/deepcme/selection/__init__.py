"""From scores to genes: what a score rests on, and which genes can be claimed."""
