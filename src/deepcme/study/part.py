"""What a study is made of: parts, of which its engine knows this much and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

import pandas as pd

from deepcme.base.workload import Piece
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.study.resolved import Study
from deepcme.study.settings import Settings
from deepcme.study.tasks import Arrays, Plan, Task

T = TypeVar("T", bound=Task)
TextColumns = Mapping[str, tuple[str, ...]]

NANOSECONDS = 200.0
"""What a task may take for each value (sample x gene) that it learns from, if nobody knows."""

PREDICTIONS = "predictions.parquet"
"""Each part gives rows to this table; they stand below each other."""
MEMBERS = "members.parquet"
"""What the members of committees predicted."""


class Kept(Protocol):
    """Where the results of finished tasks are."""

    def results(self, tasks: Iterable[T]) -> Iterator[tuple[T, Arrays]]:
        """Each finished one of the tasks, in order, with its result; read one at a time."""


class Part(Generic[T]):
    """One thing that a study does.

    Attributes
    ----------
    name : str
        What its tasks bear, and its section of a study file, if it has one of its own.
    outcomes : tuple of str
        Kinds of outcomes that it is for.
    settings : type of Settings or None
        Those of the section; None for one that reads another part's.
    results_version : int or None
        Raised in every change after which equal settings give other numbers. It is in the
        key of each of its tasks, so that a folder never mixes results of two methods. None
        where the part's numbers are of the models' method. Of 1 are folders from before
        this was written down, and deepcme 0.1.0; for later ones see CHANGELOG.md.
    stands_beside : bool
        Whether it may change while the models' tables stay.
    comes_last : bool
        Whether its tasks come after all others, whose tables may be read while they go on; of
        its own there is then what is finished.
    tables : mapping
        The files of its tables, each with its columns of text: ids and names are text
        whatever they look like, as Entrez ids are numbers and a model may be called 1.
    noun : str
        What its tasks are called, where they are no fits of models.
    purpose : str
        What its fits are for, where that is said.
    inputs : str
        What is told of the cohort that no task depends on, where there is such.
    """

    name: ClassVar[str]
    outcomes: ClassVar[tuple[str, ...]] = (BinaryOutcome.kind,)
    settings: ClassVar[type[Settings] | None]
    results_version: int | None = None
    stands_beside: ClassVar[bool] = True
    comes_last: ClassVar[bool] = False
    tables: ClassVar[TextColumns] = {}
    noun: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    inputs: ClassVar[str] = ""

    def fill_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Settings of a study, with what this part asks of the others filled in."""
        return values

    def check_settings(self, study: Study) -> None:
        """Refuse settings that do not go together; a sentence says why."""

    def bring(self, plan: Plan) -> Plan:
        """The plan with what its tasks need beside the cohort."""
        return plan

    def tasks(self, plan: Plan) -> Iterable[T]:
        """What the study asks for; none if it does not ask for the part."""
        return ()

    def check(self, plan: Plan) -> None:
        """Refuse, before anything is fitted, what could not be made of the cohort."""

    def read_inputs(self, plan: Plan) -> dict[str, str]:
        """A key for each input that no task depends on."""
        return {}

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """The part's tables by the names of their files; none if it was not asked for."""
        return {}

    def announce(self, plan: Plan) -> str:
        """What it does, in a sentence, before it starts; may be empty."""
        return ""

    def count_networks(self, task: T) -> int:
        """Networks that a task trains."""
        return 0

    def count_permutations(self, plan: Plan) -> int:
        """Permutations behind a test whose looks are counted; 0 for none."""
        return 0

    def count_finished(self, plan: Plan, kept: Kept) -> int:
        """How many of them are finished."""
        return 0

    def expect(self, plan: Plan, task: T) -> Piece:
        """How long a task may take, and which others take as long."""
        values = len(task.split.fitting_rows) * plan.cohort.n_genes
        return Piece(NANOSECONDS * 1e-9 * values, self.name, self.name)

    def time_epochs(self, plan: Plan, task: T) -> float | None:
        """How many times longer epochs take here than expected; None without networks."""
        return None

    def of(self, plan: Plan) -> list[T]:
        """Its tasks of a plan."""
        return [cast(T, task) for task in plan.tasks if task.part == self.name]
