"""The page in front of the service."""
