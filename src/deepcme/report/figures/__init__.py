"""Charts: each draws tables, computes nothing, and knows no section."""
