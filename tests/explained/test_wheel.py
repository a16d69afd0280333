"""A wheel holds the texts, as users have no checkout."""

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from deepcme.explained.topics import list_topics

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    not (find_spec("build") and find_spec("scikit_build_core")), reason="build is not installed"
)
def test_the_wheel_has_every_text(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", tmp_path]
    subprocess.run([*build, "-C", "wheel.cmake=false", ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for topic in list_topics():
        assert f"deepcme/explained/{topic.folder}/{topic.name}.md" in held
