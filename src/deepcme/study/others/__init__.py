"""Patients of other cohorts beside a study's own: who they are, what is fitted with them."""
