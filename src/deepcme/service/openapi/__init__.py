"""What may be asked of the service, as a document for programs (OpenAPI 3.1)."""
