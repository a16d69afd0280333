"""Fits of a study: what those of one split share, and how long each may take."""
