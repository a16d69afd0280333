"""Models behind HTTP: the application, the models that it serves, and the page in front."""
