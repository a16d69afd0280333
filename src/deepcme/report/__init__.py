"""The report: tables and charts of a study's results, on one HTML page."""
