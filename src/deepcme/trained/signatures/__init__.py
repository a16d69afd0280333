"""Frozen signatures applied to samples whose outcome nobody needs to know."""
