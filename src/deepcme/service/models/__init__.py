"""Models as the service has them: read, verified, and answering."""
