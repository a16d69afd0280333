"""The commands on a model in use: train, predict, validate and transfer it."""
