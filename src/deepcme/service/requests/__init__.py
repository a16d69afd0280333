"""What is asked: bodies read within limits, and the samples in them."""
