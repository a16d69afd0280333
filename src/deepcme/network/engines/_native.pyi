from collections.abc import Sequence
from typing import Any

from numpy import float32, int64, uint8
from numpy.typing import NDArray

def supported_levels() -> list[str]: ...

class Trainer:
    n_steps: int
    def __init__(
        self,
        X: NDArray[float32],
        y: NDArray[float32],
        sample_weight: NDArray[float32],
        offset: NDArray[float32] | None = None,
        *,
        widths: Sequence[int],
        n_members: int,
        batch_norm: bool,
        dropout: float,
        loss: str,
        rule: str,
        learning_rate: float,
        penalty: float,
        level: str,
    ) -> None: ...
    def train_epoch(
        self,
        rows: NDArray[int64],
        offsets: NDArray[int64],
        kept: Sequence[NDArray[uint8]],
    ) -> float: ...
    def infer(self, rows: NDArray[int64], logits: NDArray[float32]) -> None: ...
    def read(self, member: int, name: str, content: str, into: NDArray[Any]) -> None: ...
    def write(self, member: int, name: str, content: str, values: NDArray[Any]) -> None: ...
    def keep_genes(
        self, X: NDArray[float32], kept: NDArray[int64], factors: NDArray[float32]
    ) -> None: ...
