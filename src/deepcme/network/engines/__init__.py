"""Engines that train a network."""
