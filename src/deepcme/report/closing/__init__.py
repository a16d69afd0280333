"""What the report ends with."""
