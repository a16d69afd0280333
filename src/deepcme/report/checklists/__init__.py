"""Checklists of reporting guidelines, answered from what a study has."""
