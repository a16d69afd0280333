"""What the page of studies beside each other opens with: a sentence, tiles, a picture."""
