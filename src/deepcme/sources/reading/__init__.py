"""Files of any kind to tables and matrices."""
