"""Fetching from the web: patient with a busy server, bounded whatever a server does."""
