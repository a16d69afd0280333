"""The commands on data: from files and portals to a checked cohort."""
