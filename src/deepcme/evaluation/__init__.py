"""Statistics of a study: discrimination, comparison, calibration, usefulness, stability.

Every function takes a table or arrays and returns a table or a small object;
none draws. Uncertainty that is drawn at random comes from a generator given
by the caller.
"""
