"""`deepcme explain`: what a finding, a model, a statistic or a refusal means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say, say_markdown
from deepcme.cli.completion import complete_topics

if TYPE_CHECKING:
    from deepcme.explained.topics import Topic


def explain(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC",
            help="Such as DCM005, LR-tuned, auc or few-events, in capital or small letters.",
            show_default="the list of all",
            autocompletion=complete_topics,
        ),
    ] = None,
) -> None:
    """Explain a finding, a model, a statistic or a refusal.

    Without a topic, list all there are. The texts come with deepcme: nothing is fetched.
    """
    from deepcme.explained.links import as_commands
    from deepcme.explained.topics import FOLDERS, find_topic, list_topics

    if topic is not None:
        say_markdown(as_commands(find_topic(topic).text))
        return
    for place, (folder, about) in enumerate(FOLDERS.items()):
        if place:
            say()
        _say_folder(about, [one for one in list_topics() if one.folder == folder])


def _say_folder(about: str, topics: list[Topic]) -> None:
    say(f"{about}:")
    column = max(len(one.name) for one in topics)
    for one in topics:
        # An audit code's title begins with the code.
        title = one.title.removeprefix(f"{one.name}: ")
        say(f"  {one.name.ljust(column)}  {title}", whole=True)
