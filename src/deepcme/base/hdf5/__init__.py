"""HDF5 files, whoever wrote them: looked through before any library uses them."""
