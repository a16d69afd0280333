"""Files of AnnData are read without a warning, or refused in one sentence."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad


def write_with_repeated_names(path):
    names = pd.DataFrame(index=["a", "a"])
    ad.AnnData(np.ones((2, 2), dtype=np.float32), obs=names, var=names).write_h5ad(path)


@pytest.mark.filterwarnings("ignore:.* names are not unique")
def test_repeated_names_are_read_and_nothing_is_written_to_the_terminal(tmp_path, recwarn):
    write_with_repeated_names(tmp_path / "twice.h5ad")
    recwarn.clear()
    assert list(read_h5ad(tmp_path / "twice.h5ad").obs_names) == ["a", "a"]
    assert not recwarn.list


def test_a_file_that_is_none_or_not_there(tmp_path):
    (tmp_path / "text.h5ad").write_text("not HDF5")
    with pytest.raises(DeepCMEError, match=r"text\.h5ad: this is not a readable \.h5ad file"):
        read_h5ad(tmp_path / "text.h5ad")
    with pytest.raises(DeepCMEError, match=r"none\.h5ad: there is no such file"):
        read_h5ad(tmp_path / "none.h5ad")
