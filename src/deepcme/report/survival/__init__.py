"""The sections of a report on the time to an event; `deepcme.report.outline` has their order."""
