"""Cohort files as a stranger may craft them: each is a sound one with one thing changed."""

import json
import os
import zlib
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t
from scipy import sparse

from deepcme.cohort.cohort import Cohort

N_SAMPLES, N_GENES = 30, 8
SECRET = b"the bytes of a file that is none of theirs ......" * 40
LARGE = 300_000


def sound_cohort(path: Path) -> None:
    """Write a cohort of 30 samples and 8 genes."""
    random = np.random.default_rng(4)
    Cohort.from_arrays(
        random.gamma(2.0, 9.0, (N_SAMPLES, N_GENES)),
        [1, 0, 0] * (N_SAMPLES // 3),
        samples=[f"S{i}" for i in range(N_SAMPLES)],
        patients=[f"P{i}" for i in range(N_SAMPLES)],
        genes=[f"gene{i}" for i in range(N_GENES)],
        endpoint="invented = 1 against 0",
        scale="fpkm",
        name="invented",
        provenance={"notes": ["a note"]},
    ).save(path)


def secret_file(folder: Path) -> Path:
    """A file of the user's, beside the stranger's."""
    path = folder / "secret.bin"
    path.write_bytes(SECRET)
    return path


def other_cohort(folder: Path) -> Path:
    """A cohort of the user's, beside the stranger's."""
    path = folder / "other.h5ad"
    sound_cohort(path)
    return path


ATTACKS = {}
"""By cause and case: what makes the file at a path, already a sound cohort, a crafted one."""
GUARDS = set()
"""Cases that were withstood before."""


def attack(cause, case, *, guard=False):
    def register(craft):
        assert (cause, case) not in ATTACKS
        ATTACKS[cause, case] = craft
        if guard:
            GUARDS.add((cause, case))
        return craft

    return register


def on_file(cause, case, *, guard=False):
    """The same for what changes an open file."""

    def register(change):
        def craft(path):
            with h5py.File(path, "r+") as file:
                change(file)

        attack(cause, case, guard=guard)(craft)
        return change

    return register


# Sparse matrices whose parts contradict each other.


def _as_sparse(file, name="X", kind="csr", **changed):
    """Write a sparse matrix with some of its parts changed."""
    dense = np.arange(1, N_SAMPLES * N_GENES + 1, dtype=np.float32).reshape(N_SAMPLES, N_GENES)
    matrix = (sparse.csr_matrix if kind == "csr" else sparse.csc_matrix)(dense)
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    shape = changed.pop("shape", (N_SAMPLES, N_GENES))
    if name in file:
        del file[name]
    group = file.create_group(name)
    group.attrs["encoding-type"] = f"{kind}_matrix"
    group.attrs["encoding-version"] = "0.1.0"
    group.attrs["shape"] = np.array(shape)
    for part, values in parts.items():
        change = changed.pop(part, None)
        group[part] = values if change is None else change(values.copy())
    assert not changed


def _set(places, value):
    def change(values):
        values = values.astype(np.int64)
        values[places] = value
        return values

    return change


_SPARSE = {
    "a column beyond the last": {"indices": _set(-1, 100_000)},
    "a column just beyond the last": {"indices": _set(5, N_GENES)},
    "a negative column": {"indices": _set(3, -1)},
    "a far negative column": {"indices": _set(3, -(2**40))},
    "rows that start beyond the values": {"indptr": _set(slice(5, None), 100_000)},
    "rows that go backwards": {"indptr": _set(4, 100_000)},
    "rows that start negative": {"indptr": _set(2, -500)},
    "a first row that does not start at 0": {"indptr": _set(0, 7)},
    "a row beyond the last, by column": {"kind": "csc", "indices": _set(0, 2**31)},
    "columns that go backwards, by column": {"kind": "csc", "indptr": _set(2, 90_000)},
}
for _case, _changed in _SPARSE.items():
    on_file("sparse", _case)(lambda file, changed=_changed: _as_sparse(file, **changed))


@on_file("sparse", "two values for one cell")
def _(file):
    _as_sparse(file, indices=_set(slice(0, 8), [0, 0, 2, 3, 4, 5, 6, 7]))


@on_file("sparse", "indices that are no whole numbers")
def _(file):
    _as_sparse(file, indices=lambda values: values + 0.5)


@on_file("sparse", "fewer values than indices", guard=True)
def _(file):
    _as_sparse(file, data=lambda values: values[:9])


@on_file("sparse", "fewer rows than samples")
def _(file):
    _as_sparse(file, indptr=lambda values: values[:9])


@on_file("sparse", "text for its values", guard=True)
def _(file):
    _as_sparse(file, data=lambda values: values.astype("S8"))


@on_file("sparse", "a shape that is none", guard=True)
def _(file):
    _as_sparse(file)
    file["X"].attrs["shape"] = "wide"


@on_file("sparse", "a layer with a column beyond the last")
def _(file):
    del file["X"]
    _as_sparse(file, "layers/counts", indices=_set(0, 70_000))
    _as_sparse(file)


@on_file("sparse", "a raw with a column beyond the last")
def _(file):
    raw = file.create_group("raw")
    raw.attrs["encoding-type"], raw.attrs["encoding-version"] = "raw", "0.1.0"
    file.copy("var", raw)
    _as_sparse(file, "raw/X", indices=_set(0, 70_000))


for _place, _size in {"obsm": 5, "varm": 5, "obsp": N_SAMPLES, "varp": N_GENES}.items():
    _length = N_SAMPLES if _place.startswith("obs") else N_GENES
    on_file("sparse", f"values in {_place} with a column beyond the last")(
        lambda file, place=_place, shape=(_length, _size): _beside(file, place, shape)
    )


def _beside(file, place, shape):
    """What commands do not read, but select the rows of."""
    _as_sparse(
        file,
        f"{place}/more",
        data=lambda values: values[: shape[0]],
        indices=lambda values: np.full(shape[0], 10_000_000),
        indptr=lambda values: np.arange(shape[0] + 1),
        shape=shape,
    )


# Files that reach outside themselves.


def _external(group, name, path, n_bytes=N_SAMPLES * N_GENES, shape=(N_SAMPLES, N_GENES)):
    if name in group:
        del group[name]
    item = group.create_dataset(
        name, shape, dtype="u1", external=[(str(path).encode(), 0, n_bytes)]
    )
    item.attrs["encoding-type"], item.attrs["encoding-version"] = "array", "0.2.0"


@on_file("outside", "values in another file")
def _(file):
    _external(file, "X", secret_file(Path(file.filename).parent))


@on_file("outside", "a column's values in another file", guard=True)
def _(file):
    _external(file["obs"], "label", secret_file(Path(file.filename).parent), 30, (30,))


@on_file("outside", "categories in another file, found by reference alone")
def _(file):
    hidden = Path(file.filename).parent
    _external(file, "hidden", secret_file(hidden), 30, (30,))
    codes = file["obs/patient/codes"][()]
    reference = file["hidden"].ref
    del file["obs/patient"]
    file["obs"]["patient"] = codes
    file["obs/patient"].attrs["categories"] = reference
    del file["hidden"]


def _link(name, target):
    def change(file):
        other_cohort(Path(file.filename).parent)
        if name in file:
            del file[name]
        file[name] = target

    return change


on_file("outside", "a link to X of another file")(
    _link("X", h5py.ExternalLink("other.h5ad", "/X"))
)
on_file("outside", "a link to obs of another file")(
    _link("obs", h5py.ExternalLink("other.h5ad", "/obs"))
)
on_file("outside", "a link to another file in uns")(
    _link("uns/more", h5py.ExternalLink("other.h5ad", "/"))
)
on_file("outside", "a link to what is not there", guard=True)(
    _link("uns/more", h5py.ExternalLink("/nowhere.h5ad", "/"))
)


@on_file("outside", "values put together of another file")
def _(file):
    source = h5py.VirtualSource(
        other_cohort(Path(file.filename).parent), "X", shape=(N_SAMPLES, N_GENES)
    )
    layout = h5py.VirtualLayout((N_SAMPLES, N_GENES), np.float32)
    layout[:] = source
    del file["X"]
    file.create_virtual_dataset("X", layout)
    file["X"].attrs["encoding-type"], file["X"].attrs["encoding-version"] = "array", "0.2.0"


@on_file("outside", "values put together of the same file")
def _(file):
    file.move("X", "hidden")
    layout = h5py.VirtualLayout((N_SAMPLES, N_GENES), np.float32)
    layout[:] = h5py.VirtualSource(".", "hidden", shape=(N_SAMPLES, N_GENES))
    file.create_virtual_dataset("layers/x", layout)
    file.move("hidden", "X")


# What is no matrix of numbers where one belongs.


def _x_of(values, dtype=None):
    def change(file):
        del file["X"]
        file.create_dataset("X", data=values, dtype=dtype)
        file["X"].attrs["encoding-type"], file["X"].attrs["encoding-version"] = "array", "0.2.0"

    return change


_SHAPE = (N_SAMPLES, N_GENES)
_RECORD = np.dtype([("a", "f4"), ("b", "i4")])
_CONTENTS = {
    "records": np.zeros(_SHAPE, _RECORD),
    "complex numbers": np.full(_SHAPE, 1 + 2j),
    "booleans": np.ones(_SHAPE, bool),
    "texts of fixed length": np.full(_SHAPE, b"12.5"),
    "bytes of no meaning": np.zeros(_SHAPE, np.void(b"1234").dtype),
    "three dimensions": np.ones((*_SHAPE, 2), np.float32),
    "one dimension": np.ones(N_SAMPLES, np.float32),
    "one number": np.float32(1),
}
_CONTENT_GUARDS = {"one dimension", "one number", "three dimensions"}
for _case, _values in _CONTENTS.items():
    on_file("contents", f"X holds {_case}", guard=_case in _CONTENT_GUARDS)(_x_of(_values))
on_file("contents", "X holds texts")(
    _x_of(np.full(_SHAPE, "12.5", dtype=object), h5py.string_dtype())
)
on_file("contents", "X holds nothing", guard=True)(_x_of(h5py.Empty("f4")))


@on_file("contents", "X holds references to objects")
def _(file):
    reference = file["obs"].ref
    _x_of(np.full(_SHAPE, reference, dtype=object), h5py.ref_dtype)(file)


@on_file("contents", "X holds references to regions")
def _(file):
    reference = file["X"].regionref[:2]
    file.move("X", "old")
    file.create_dataset("X", _SHAPE, h5py.regionref_dtype)[0, 0] = reference
    del file["old"]


@on_file("contents", "X holds lists")
def _(file):
    del file["X"]
    file.create_dataset("X", _SHAPE, h5py.vlen_dtype(np.float32))


@on_file("contents", "X holds arrays", guard=True)
def _(file):
    del file["X"]
    kind = h5t.array_create(h5t.IEEE_F32LE, (3,))
    h5d.create(file.id, b"X", kind, h5s.create_simple(_SHAPE))


@on_file("contents", "X is a group of nothing", guard=True)
def _(file):
    del file["X"]
    file.create_group("X").attrs["encoding-type"] = "csr_matrix"


@on_file("contents", "a column of records", guard=True)
def _(file):
    file["obs"].create_dataset("odd", data=np.zeros(N_SAMPLES, _RECORD))
    file["obs"].attrs["column-order"] = np.array(["odd", "label"], dtype=object)


@on_file("contents", "a column that is there twice", guard=True)
def _(file):
    order = list(file["obs"].attrs["column-order"])
    file["obs"].attrs["column-order"] = np.array([*order, "sample"], dtype=object)


@on_file("contents", "an encoding that is no word", guard=True)
def _(file):
    file["X"].attrs["encoding-type"] = np.arange(5)


@on_file("contents", "a type that is stored under a name", guard=True)
def _(file):
    file["uns/kind"] = np.dtype("f4")


# What the file says of itself.


def _says(**changed):
    def change(file):
        stored = json.loads(file["uns/deepcme"][()])
        _store(file, json.dumps({**stored, **changed}))

    return change


def _store(file, text):
    attributes = dict(file["uns/deepcme"].attrs)
    del file["uns/deepcme"]
    file["uns"]["deepcme"] = text
    file["uns/deepcme"].attrs.update(attributes)


_SAID_GUARDS = {"a version that is no number", "a scale that is a list"}
_SAID = {
    "a version without end": {"schema": float("inf")},
    "a version that is no number": {"schema": float("nan")},
    "provenance that is a list": {"provenance": [1, 2]},
    "provenance that is a number": {"provenance": 5},
    "provenance that is a word": {"provenance": "where"},
    "notes that are a number": {"provenance": {"notes": 5}},
    "notes of numbers": {"provenance": {"notes": [1, {"a": 2}]}},
    "notes that are one word": {"provenance": {"notes": "abc"}},
    "a flow of words": {"provenance": {"flow": ["read"]}},
    "a flow with unknown parts": {"provenance": {"flow": [{"step": "a", "who": 1}]}},
    "a flow whose counts are words": {
        "provenance": {"flow": [{"step": "a", "samples": "x", "patients": []}]}
    },
    "an endpoint's columns that are a number": {"provenance": {"endpoint": {"columns": 1}}},
    "an endpoint that is a list": {"endpoint": ["a"]},
    "a name that is a mapping": {"name": {"a": 1}},
    "a scale that is a list": {"scale": ["fpkm"]},
}
for _case, _changed in _SAID.items():
    on_file("says", _case, guard=_case in _SAID_GUARDS)(_says(**_changed))


@on_file("says", "lists in lists without end")
def _(file):
    _store(file, '{"schema": 1, "provenance": ' + "[" * 100_000 + "]" * 100_000 + "}")


@on_file("says", "provenance that is nested deep")
def _(file):
    stored = file["uns/deepcme"][()].decode()
    deep = '{"a": ' * 400 + "1" + "}" * 400
    _store(file, stored.replace('"provenance": {', f'"provenance": {{"more": {deep}, '))


@on_file("says", "a number of 10,000 digits", guard=True)
def _(file):
    _store(
        file,
        file["uns/deepcme"][()].decode().replace('"schema": 1', f'"schema": {"9" * 10_000}'),
    )


@on_file("says", "a list of texts", guard=True)
def _(file):
    del file["uns/deepcme"]
    file["uns"]["deepcme"] = np.array(["{}", "{}"], dtype=object)


# Files that have no end.


@on_file("endless", "a group within itself", guard=True)
def _(file):
    file["uns/again"] = file["uns"]


@on_file("endless", "the whole file within uns", guard=True)
def _(file):
    file["uns/again"] = file["/"]


@on_file("endless", "groups that hold the next one twice")
def _(file):
    inner = file["uns"]
    for _ in range(24):
        following = inner.create_group("a")
        inner["b"] = following
        inner = following


@on_file("endless", "links in a ring")
def _(file):
    file["uns/a"] = h5py.SoftLink("/uns/b")
    file["uns/b"] = h5py.SoftLink("/uns/a")


@on_file("endless", "a link to the file's root", guard=True)
def _(file):
    file["uns/a"] = h5py.SoftLink("/")


@on_file("endless", "groups 5,000 deep", guard=True)
def _(file):
    inner = file["uns"]
    for _ in range(5_000):
        inner = inner.create_group("a")


@on_file("endless", "groups 100 deep")
def _(file):
    inner = file["uns"]
    for _ in range(100):
        inner = inner.create_group("a")


@on_file("endless", "40,000 groups")
def _(file):
    for place in range(40_000):
        file["uns"].create_group(str(place))


# Small files that take more than the memory.


@on_file("memory", "a sparse matrix of 300,000 x 300,000")
def _(file):
    _as_wide(file)
    _as_sparse(
        file,
        indptr=lambda values: np.r_[values, np.full(LARGE - N_SAMPLES, values[-1])],
        shape=(LARGE, LARGE),
    )


def _as_wide(file):
    """Many samples and genes, whose names pack well."""
    names = np.char.add("n", np.arange(LARGE).astype("S7").astype("U7")).astype("S8")
    for table in ("obs", "var"):
        del file[table]
        group = file.create_group(table)
        group.attrs["encoding-type"], group.attrs["encoding-version"] = "dataframe", "0.2.0"
        group.attrs["_index"] = "n"
        group.attrs["column-order"] = np.array([], dtype="f8")
        group.create_dataset("n", data=names, compression="gzip")


@on_file("memory", "a dense matrix of nothing but its shape", guard=True)
def _(file):
    del file["X"]
    file.create_dataset("X", (10**6, 10**6), "f4", chunks=(1000, 1000))


@on_file("memory", "a column of 10^12 texts", guard=True)
def _(file):
    file.create_dataset("uns/more", (10**12,), h5py.string_dtype(), chunks=(10**6,))


@on_file("memory", "texts of 200 MB that are not in lists")
def _(file):
    for place in range(8):
        file.create_dataset(f"uns/{place}", (), "S200000000")


for _case, _kind in {"a letter": "S1", "a number": "i1"}.items():
    on_file("memory", f"11 million samples whose name is {_case}")(
        lambda file, kind=_kind: _as_long(file, 11_000_000, kind)
    )


def _as_long(file, n_samples, kind):
    """Many samples, of equal bytes that are nowhere in the file."""
    del file["X"], file["obs"]
    file.create_dataset("X", (n_samples, N_GENES), "u1", chunks=(10**6, 1))
    table = file.create_group("obs")
    table.attrs["encoding-type"], table.attrs["encoding-version"] = "dataframe", "0.2.0"
    table.attrs["_index"] = "sample"
    table.attrs["column-order"] = ["patient", "tissue", "label", "batch"]
    for name in table.attrs["column-order"]:
        table.create_dataset(name, (n_samples,), "i1", chunks=(10**6,))
    table.create_dataset("sample", (n_samples,), kind, chunks=(10**6,))


@on_file("memory", "an array in uns that packs 1,000 to 1")
def _(file):
    file.create_dataset("uns/more", (10**9,), "u1", chunks=(10**7,), compression="gzip")
    for start in range(0, 10**9, 10**7):
        file["uns/more"].id.write_direct_chunk((start,), _ZEROS)


_ZEROS = zlib.compress(bytes(10**7))


@on_file("memory", "one chunk of 4 GB for a few values")
def _(file):
    file.create_dataset("uns/more", (10,), "u1", maxshape=(None,), chunks=(2**32 - 1,))


@on_file("memory", "a chunk that unpacks to more than it holds")
def _(file):
    bomb = zlib.compress(bytes(10**9), 1)
    item = file.create_dataset("uns/more", (1000,), "u1", chunks=(1000,), compression="gzip")
    item.id.write_direct_chunk((0,), bomb)


@on_file("memory", "a long text that 100,000 cells share")
def _(file):
    del file["X"]
    item = file.create_dataset(
        "uns/more", (2_000,), h5py.string_dtype(), chunks=(2_000,), compression="gzip"
    )
    item[0] = "x" * 1_000_000
    _, packed = item.id.read_direct_chunk((0,))
    cells = bytearray(zlib.decompress(packed))
    cells = cells[:16] * 2_000
    item.id.write_direct_chunk((0,), zlib.compress(bytes(cells)))


# Packing that asks for what is not there, and damage that the HDF5 library falls over.


@on_file("packing", "a filter that needs a plugin")
def _(file):
    made = h5p.create(h5p.DATASET_CREATE)
    made.set_chunk((10,))
    made.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (1, 2))
    h5d.create(file["uns"].id, b"more", h5t.IEEE_F32LE, h5s.create_simple((10,)), made)


@on_file("packing", "gzip within gzip")
def _(file):
    made = h5p.create(h5p.DATASET_CREATE)
    made.set_chunk((10,))
    made.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (5,))
    made.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (5,))
    h5d.create(file["uns"].id, b"more", h5t.IEEE_F32LE, h5s.create_simple((10,)), made)


def _scrambled(find, replacement, after=0):
    def craft(path):
        content = bytearray(path.read_bytes())
        start = 0
        while (start := content.find(find, start)) >= 0:
            content[start + after : start + after + len(replacement)] = replacement
            start += len(find)
        path.write_bytes(content)

    return craft


# The heap of texts: a header of 16 bytes, then objects of an index, a count and a size.
attack("packing", "a text that is followed by itself")(_scrambled(b"GCOL", bytes(16), after=16))
attack("packing", "texts whose sizes are 0", guard=True)(
    _scrambled(b"GCOL", bytes(8), after=24)
)
attack("packing", "texts without end", guard=True)(_scrambled(b"GCOL", b"\xff" * 8, after=24))
attack("packing", "a heap without size", guard=True)(_scrambled(b"GCOL", bytes(8), after=8))
attack("packing", "names beyond the file", guard=True)(
    _scrambled(b"HEAP", b"\xff" * 8, after=24)
)
attack("packing", "groups that lead to themselves", guard=True)(
    _scrambled(b"SNOD", b"SNOD\x01\x00\xff\xff")
)


@attack("packing", "something before its start")
def _(path):
    inner = path.read_bytes()
    with h5py.File(path, "w", userblock_size=512):
        pass
    path.write_bytes(bytes(512) + inner)


@attack("packing", "cut in the middle", guard=True)
def _(path):
    path.write_bytes(path.read_bytes()[:9_000])


@attack("packing", "a pipe in its place", guard=True)
def _(path):
    path.unlink()
    os.mkfifo(path)


@attack("packing", "a folder in its place", guard=True)
def _(path):
    path.unlink()
    path.mkdir()
