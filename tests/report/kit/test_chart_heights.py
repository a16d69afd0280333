"""The page keeps about the room that a chart takes, before it is drawn."""

import altair as alt
import pandas as pd
import pytest

from deepcme.report.figures.styles import specify
from deepcme.report.kit.chart_heights import compute_height

TABLE = pd.DataFrame({"x": range(10), "y": list("abcdefghij")})
BARS = alt.Chart(TABLE).mark_bar().encode(x="x:Q", y="y:N")
WORDS_BELOW = alt.Chart(TABLE).mark_text(y=380).encode(text="y:N")


@pytest.mark.parametrize(
    ("chart", "height"),
    [
        (BARS.properties(height=200), 200),
        (BARS.properties(height=alt.Step(20)), 10 * 20),
        ((BARS + WORDS_BELOW).properties(height=300), 380),
        (alt.vconcat(BARS.properties(height=200), BARS.properties(height=80)), 200 + 48 + 80),
        (alt.hconcat(BARS.properties(height=200), BARS.properties(height=80)), 200),
        (alt.concat(*[BARS.properties(height=90)] * 3, columns=2), 90 + 48 + 90),
    ],
)
def test_it_is_that_of_the_panels_with_their_axes(chart, height):
    assert compute_height(specify(chart)) == height + 48
