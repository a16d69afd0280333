"""The examples of the texts: blocks of Python, and what each prints, as the text shows it."""

import contextlib
import io
import re

_BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def examples_of(text):
    """Each block of Python with what it is said to print; "" where that is not shown."""
    return _BLOCK.findall(text)


def run_examples(text):
    """What each block prints, one after the other, with what they define."""
    names = {}
    for code, _ in examples_of(text):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "example", "exec"), names)
        yield said.getvalue()
