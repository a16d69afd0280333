"""What `panel` found, as a page."""
