"""How far risks depend on the patients that a model was developed on."""
