"""Predicted risks: whether they are right, how to correct them, what acting on them gains."""
