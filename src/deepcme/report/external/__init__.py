"""What a model in use did on other patients: pages of `validate`, matrix of `transfer`."""
