"""The commands on a study: run it, read it, and lay it beside others."""
