"""A panel as a file that others can use without deepcme: a table, a formula, ONNX."""
