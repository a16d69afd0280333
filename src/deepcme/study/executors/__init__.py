"""Where tasks run: processes of this machine, or a Dask cluster. The results are the same."""
