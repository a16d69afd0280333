"""Models that predict an outcome: what each can do, and how one is made and fitted."""
