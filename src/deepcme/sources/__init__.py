"""Outside files and services to `Cohort`. Nothing above this folder knows a file format."""
