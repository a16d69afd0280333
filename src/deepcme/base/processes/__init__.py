"""Processes: workers, threads, and how all of it ends."""
