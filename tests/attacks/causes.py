"""The causes of which something once broke, or could; each has at least five unlike cases.

A test names its cause, or a parameter its own: ``@pytest.mark.cause("signals")``.
"""

CAUSES = {
    # A long run
    "killed": "A command killed at any moment (kill -9)",
    "first-moments": "A study killed in its first moments",
    "leftovers": "What a killed command leaves behind",
    "damaged-task": "A task of a study that is empty, cut or damaged",
    "flushing": "A file that is not flushed to the disk before it takes its name",
    "damaged-study": "A damaged identity.json or study.toml in a study's folder",
    "two-runs": "Two runs in one folder",
    "two-fetches": "Two fetches in one folder",
    "signals": "SIGTERM and SIGHUP, and workers without their main process",
    "interrupt": "Ctrl-C",
    "lost-worker": "A worker process that is killed or faults",
    "dask-workers": "Dask workers that are late, lost or none",
    "dask-address": "Something else at the address of the Dask scheduler",
    "time-left": "The time left that is told",
    # The operating system
    "full-disk": "A disk that is full",
    "refused-path": "Paths that the operating system refuses",
    "not-a-file": "A pipe, a device or a folder where a file should be",
    "address-space": "Little address space (ulimit -v)",
    "module": "Ways to start the command",
    # Files of strangers
    "sparse": "Sparse matrices whose parts contradict each other",
    "outside": "HDF5 files that reach outside themselves",
    "endless-file": "HDF5 files without end",
    "packing": "HDF5 packed in odd ways, or damaged",
    "contents": "Cohorts that hold what does not belong there",
    "unfolding": "Small files that unfold to more than the memory",
    "preparing": "Memory that preparing a cohort takes",
    "portal-files": "Files of portals that lie about themselves",
    "columns": "Columns and cells of odd names and texts",
    "control-characters": "Control characters in names",
    "escapes": "Names that steer the terminal",
    "formulas": "Cells that a spreadsheet computes, links that a page runs",
    "study-file": "Study files and JSON that are nested deep, huge or odd",
    "blank-samples": "Samples almost without a value",
    "same-report": "Reports that differ although nothing did",
    # Servers
    "endless-server": "Servers that send without end",
    "slow-server": "Servers that are slow or ask to wait",
    "odd-server": "Answers of a server that make no sense",
    "redirects": "Redirections",
    "archives": "Archives that lie",
    # The service
    "no-token": "Requests without the token of a service",
    "bombs": "Bodies that unfold to more than the memory",
    "odd-bodies": "Bodies that hold no samples",
    "slow-clients": "Clients that send drip by drip, or not at all",
    "header-floods": "Headers and addresses without end",
    "smuggling": "Requests whose end is told twice",
    "odd-addresses": "Addresses and names that lead elsewhere",
    "floods": "More requests than there is room for",
    "leaking": "What was sent, in what the service writes",
    "invented": "Requests made up of the service's description of itself",
}
