"""Models of the time to an event: what they predict is a log hazard, higher is worse."""
