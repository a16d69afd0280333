"""What is kept of a fitted model, form by form: arrays without any sample, and their scores."""
