"""What findings, models, statistics and refusals mean, in texts that come with the package."""
