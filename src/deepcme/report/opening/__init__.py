"""The first screen of a page: what was found, in a sentence, three numbers and a picture."""
