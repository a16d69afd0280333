"""The commands that plan: how many patients would do, and cohorts whose truth is known."""
