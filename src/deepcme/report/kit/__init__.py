"""How blocks become a page: numbers, anchors, links between them, and what is downloaded."""
