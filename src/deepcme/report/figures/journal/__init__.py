"""Charts as a journal takes them: at the width of a column, in its size of letters."""
