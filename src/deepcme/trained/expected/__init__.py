"""What to expect of a model in detail, by the patients while they were held out of its fits."""
