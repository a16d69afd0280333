"""The card in XML, after the CHAI Applied Model Card, version 0.2."""
