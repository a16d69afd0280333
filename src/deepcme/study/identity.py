"""Whether a folder's results belong to a study: what must agree, and what may change.

Cohort, splits, preprocessing, seed and protocol must agree, and so must the method and the
packages that compute. The models and what stands beside them may change: the key of a fit
is made of all that it depends on, so that those which are still valid are used again. The
comparator was named before there were results, and stays while it is one of the models; so
does the published signature that was named, while it takes part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from deepcme.base.errors import DamagedError, DeepCMEError
from deepcme.study.headline import find_headline
from deepcme.study.older import SETTINGS_VERSION, VERSION_KEY, read_version, with_older_defaults
from deepcme.study.parts import listed
from deepcme.study.settings import AUTOMATIC, NO_SIGNATURE, signature_name
from deepcme.study.tasks import Plan, computing_versions, fingerprint, package_versions

_MUST_AGREE = ("protocol", "seed", "split", "preprocessing", "survival")

PLANNED = "planned_subgroups"
SHOWN = "permutations_shown"
"""By how many permutations were asked for: how many of them were shown before all were done."""

# Sections that no fit and no table of a study depends on.
_REPORT_ONLY = {"decisions", "subgroups"}


def describe_identity(plan: Plan) -> dict[str, Any]:
    """What a folder's results are of, as its ``identity.json`` says it.

    What no task depends on, such as values of clinical columns, is named here.
    """
    study = plan.study.with_paths_from(Path.cwd())
    settings = study.model_dump(mode="json", exclude={"cohort"})
    settings["models"] = [model.model_dump() for model in study.models]  # may be infinite
    if study.survival is None:
        del settings["survival"]
    identity = {
        VERSION_KEY: SETTINGS_VERSION,
        "results_version": listed.results_versions(),
        "study": settings,
        "cohort": fingerprint(plan),
        "versions": package_versions(),
        **{part.inputs: part.read_inputs(plan) for part in listed.PARTS if part.inputs},
    }
    read_back: dict[str, Any] = json.loads(json.dumps(identity, default=str))
    return read_back


class _Nulls(BaseModel):
    permutations: int = 0


class _Comparator(BaseModel):
    model: str | None = None
    signature: str = NO_SIGNATURE


class _Settings(BaseModel):
    nulls: _Nulls = _Nulls()
    comparator: str | _Comparator | None = None


class _Versions(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    python: str


class _Identity(BaseModel):
    """What is read of an identity, of this version or an older one."""

    model_config = ConfigDict(strict=True)

    study: _Settings
    cohort: str
    versions: _Versions
    results_version: dict[str, int] = {}
    looks: list[int | None] = []
    planned_subgroups: list[str] = []
    permutations_shown: dict[str, list[int]] = {}


def read_identity(values: dict[str, Any], source: str) -> dict[str, Any]:
    """What ``identity.json`` says, if it says it in the way that it was written.

    Raises
    ------
    DamagedError
        If it does not.
    DeepCMEError
        If a later deepcme wrote it.
    """
    read_version({VERSION_KEY: values.get(VERSION_KEY, 1)}, source)
    try:
        _Identity.model_validate(values)
    except ValidationError as error:
        raise DamagedError(f"{source}: the file is damaged.") from error
    return values


def settings_of(identity: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The settings of a folder, those that are newer than it filled in.

    Raises
    ------
    DeepCMEError
        If a later deepcme wrote the folder.
    """
    version = read_version({VERSION_KEY: identity.get(VERSION_KEY, 1)}, source)
    return with_older_defaults(identity["study"], version)


def looks_of(identity: Mapping[str, Any] | None) -> list[int | None]:
    """After how many permutations the test was made, each number once; None for unknown ones.

    Parameters
    ----------
    identity : mapping or None
        The folder's, which before it kept looks may have had some; None for a new folder.
    """
    if identity is None:
        return []
    looked_before = identity["study"].get("nulls", {}).get("permutations", 0) > 0
    looks: list[int | None] = identity.get("looks", [None] if looked_before else [])
    return looks


def with_look(identity: Mapping[str, Any], n_permutations: int) -> dict[str, Any]:
    """An identity that keeps that the test is made of so many; again is no other look.

    What was shown while more were at work was no look, as nothing is concluded of it: unless
    another number was settled on then, which makes each a look.
    """
    shown = dict(identity.get(SHOWN, {}))
    shown.pop(str(n_permutations), None)
    seen = sorted({number for numbers in shown.values() for number in numbers})
    looks = looks_of(identity)
    if not n_permutations:
        return dict(identity)
    looks += [number for number in (*seen, n_permutations) if number not in looks]
    return {**identity, "looks": looks, SHOWN: {}}


def with_shown(identity: Mapping[str, Any], n_asked: int, n_shown: int) -> dict[str, Any]:
    """An identity that keeps that so many of the permutations asked for were shown."""
    shown = identity.get(SHOWN, {})
    numbers = {*shown.get(str(n_asked), []), n_shown}
    return {**identity, SHOWN: {**shown, str(n_asked): sorted(numbers)}}


def planned_subgroups(
    found: Mapping[str, Any] | None, wanted: Mapping[str, Any], *, has_results: bool
) -> list[str]:
    """Columns for groups of patients that were named before there were results.

    Parameters
    ----------
    found : mapping or None
        The folder's identity, of before it kept them perhaps; None for a new folder.
    wanted : mapping
        The study's.
    has_results : bool
        Whether anything was fitted there: what is named from then on is not planned.
    """
    if found is not None and has_results:
        planned: list[str] = found.get(PLANNED, [])
        return planned
    named = wanted["study"]["subgroups"]["columns"]
    return [] if isinstance(named, str) else named


def refuse_other_results(
    found: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path
) -> None:
    """Refuse a folder whose results are not those of a study.

    Raises
    ------
    DeepCMEError
        If the models there were fitted by another method, are another study's, or were
        compared with another comparator that could stay; says what differs.
    """
    version = _results_versions(found)["models"]
    if version != wanted["results_version"]["models"]:
        raise DeepCMEError(
            f"{folder}: the models there are of results version {version}, and this deepcme "
            f"computes version {wanted['results_version']['models']}, which gives other "
            f"numbers: choose another --out, or report them as they are with "
            f"`deepcme report {folder}`."
        )
    difference = _difference(_must_agree(found, folder), _must_agree(wanted, folder))
    if difference:
        raise DeepCMEError(
            f"{folder}: the folder holds another study's results ({difference}): "
            "choose another --out."
        )
    named = settings_of(found, str(folder)).get("comparator", {})
    refuse_other_comparator(wanted["study"], named, folder)


def refuse_other_comparator(
    study: Mapping[str, Any], first: Mapping[str, Any], folder: Path
) -> None:
    """Refuse what is named to compare with, while results of what was named first are seen.

    Parameters
    ----------
    study : mapping
        The settings that are asked for.
    first : mapping
        The section `[comparator]` of the folder.
    folder : path
    """
    named = [(model["name"], model["estimator"]) for model in study["models"]]
    model = study["comparator"]["model"]
    headline = find_headline(study["protocol"], named, model)
    could_stay = first.get("model") in {name for name, _ in named} - {headline}
    if first.get("model") != model and could_stay:
        raise _named_afterwards(folder, "comparator", "model", first["model"], model)
    signature, before = study["comparator"]["signature"], first.get("signature", NO_SIGNATURE)
    if signature != before and _could_stay(before, study["comparator"], first):
        raise _named_afterwards(
            folder, "signature of the verdict", "signature", before, signature
        )


def _could_stay(signature: str, section: Mapping[str, Any], first: Mapping[str, Any]) -> bool:
    """Whether the signature that was named takes part still.

    That none was named stays where signatures took part, as their results are seen.
    """
    if signature == NO_SIGNATURE:
        return bool(first.get("files")) or first.get("signatures") not in (None, NO_SIGNATURE)
    by_file = {*map(signature_name, section["files"])}
    return section["signatures"] == AUTOMATIC or signature in {*section["signatures"], *by_file}


def _named_afterwards(
    folder: Path, what: str, setting: str, first: str, now: str
) -> DeepCMEError:
    return DeepCMEError(
        f"{folder}: the {what} is {first} there and {now} here, and it is named before results "
        f'are seen: set {setting} = "{first}" under [comparator], or choose another --out.'
    )


def models_changed(found: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> bool:
    """Whether the tables of the models, and all that is made of them, are out of date."""
    apart = {*_beside(), *_REPORT_ONLY}
    before, now = (
        {k: v for k, v in settings_of(of, str(folder)).items() if k not in apart}
        for of in (found, wanted)
    )
    return before != now or any(found.get(name, {}) != wanted[name] for name in _inputs())


def changed_beside(
    found: Mapping[str, Any], wanted: Mapping[str, Any], part: str, folder: Path
) -> bool:
    """Whether a part beside the models was asked for or made differently."""
    before, now = (settings_of(of, str(folder)).get(part) for of in (found, wanted))
    return before != now or part in parts_made_anew(found, wanted)


def parts_made_anew(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Parts beside the models that another method made."""
    made_by, makes = _results_versions(found), wanted["results_version"]
    return [part for part in _beside() if part in makes and made_by[part] != makes[part]]


def describe_results_version(identity: Mapping[str, Any]) -> str:
    """By which methods a folder's results were made, such as ``2``."""
    made_by = _results_versions(identity)
    if len(set(made_by.values())) == 1:
        return str(made_by["models"])
    return " ".join(f"{part} {version}" for part, version in made_by.items())


def _results_versions(identity: Mapping[str, Any]) -> dict[str, int]:
    earliest = dict.fromkeys(listed.results_versions(), 1)  # from before it was written down
    return {**earliest, **identity.get("results_version", {})}


def _beside() -> list[str]:
    """Parts that stand beside the models, whose tables do not depend on them."""
    return [part.name for part in listed.PARTS if part.stands_beside]


def _inputs() -> list[str]:
    """What of the cohort no task depends on."""
    return [part.inputs for part in listed.PARTS if part.inputs]


def _must_agree(identity: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    settings = settings_of(identity, str(folder))
    return {
        "cohort": identity["cohort"],
        **{name: settings.get(name) for name in _MUST_AGREE},
        "versions": computing_versions(identity["versions"]),
        **{name: identity.get(name, {}) for name in _inputs()},
    }


def _difference(found: Any, wanted: Any, place: str = "") -> str:
    """The first place at which two nested settings differ; empty if there is none."""
    for key in sorted({*found, *wanted}):
        a, b = found.get(key), wanted.get(key)
        if key == "cohort" and a != b:
            return "another cohort"
        if key in _inputs():
            # A column that was added or left out is a setting that may change.
            if not isinstance(a, dict) or any(a[name] != b[name] for name in a.keys() & b):
                return f"other {key}"
        elif isinstance(a, dict) and isinstance(b, dict):
            if inner := _difference(a, b, f"{place}{key}."):
                return inner
        elif a != b:
            return f"{place}{key} is {a} there and {b} here"
    return ""
