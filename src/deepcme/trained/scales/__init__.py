"""On what scale new values are, as they and a model say."""
