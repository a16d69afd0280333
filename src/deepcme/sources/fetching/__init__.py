"""Downloading public data: verified, resumable and bounded."""
