"""How the service predicts: quickly by a panel, else as `deepcme predict` does."""
