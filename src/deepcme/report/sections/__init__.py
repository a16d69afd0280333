"""The sections of the report, a module each; `deepcme.report.outline` says in which order."""
