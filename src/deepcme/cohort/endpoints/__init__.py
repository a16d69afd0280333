"""Endpoints: from what clinical records say to an outcome."""
