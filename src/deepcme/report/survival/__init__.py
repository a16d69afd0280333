"""The report of a study of times to an event; `deepcme.report.outline` orders its sections."""
