"""What a committee of models gains over its members, in the report."""
