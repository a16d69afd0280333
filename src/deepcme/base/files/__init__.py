"""Files: read with care, written whole or not at all, one run at a time."""
