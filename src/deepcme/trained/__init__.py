"""Models in use: train one on a whole cohort, hand it on, predict, validate, transfer."""
