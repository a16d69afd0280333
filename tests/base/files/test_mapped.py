"""Arrays that stay in their file."""

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load, save, save_file

from deepcme.base.files.mapped import map_file, mapped_arrays

ARRAYS = {
    "first": np.arange(6, dtype=np.float32).reshape(2, 3),
    "bits": np.arange(5, dtype=np.uint8),
    "exact": np.array([np.pi]),
    "nodes": np.array([-1, 2], dtype=np.int32),
    "ranks": np.array([[3]], dtype=np.int64),
    "none": np.zeros((0, 4)),
    "one": np.array(2.5),
}


@pytest.fixture
def path(tmp_path):
    save_file(ARRAYS, tmp_path / "arrays.safetensors", metadata={"made": "by a test"})
    return tmp_path / "arrays.safetensors"


def read(path):
    return mapped_arrays(path, map_file(path))


def test_they_are_those_that_the_library_reads(path):
    mapped, expected = read(path), load(path.read_bytes())
    assert mapped.keys() == expected.keys() == ARRAYS.keys()
    for name, array in expected.items():
        assert mapped[name].dtype == array.dtype
        np.testing.assert_array_equal(mapped[name], array)


def test_they_are_not_copied_and_cannot_be_written_to(path):
    first = read(path)["first"]
    assert not first.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


@pytest.mark.parametrize("cut", [slice(-1), slice(4), slice(8), slice(20)])
def test_a_file_that_was_cut_is_refused(path, cut):
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises((SafetensorError, ValueError)):
        read(path)


def test_an_empty_file_is_refused(path):
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        read(path)


def test_places_that_do_not_fit_are_refused(path):
    packed = save({"a": np.zeros(4, np.float32)})
    path.write_bytes(packed.replace(b"[0,16]", b"[0,12]"))
    with pytest.raises(SafetensorError):
        read(path)


def test_a_type_that_no_model_has_is_refused(path):
    save_file({"a": np.zeros(4, np.float16)}, path)
    with pytest.raises(KeyError):
        read(path)
