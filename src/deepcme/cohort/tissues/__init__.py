"""The tissue of a sample: words and codes to primary, normal, metastatic and the like."""
