"""How good panels of 10, 20 and 50 genes are on three breast cancer cohorts, thirty folds each.

The whole way to a panel, as `deepcme train --panel` goes it, is gone anew in every fold; beside
it, on the same folds, stand all genes, ten random panels of each size and every published
signature of which enough was measured. Scores are kept as soon as a predictor is done with a
cohort, so that a run that was stopped goes on where it was. With all cohorts, the tables go to
docs/benchmarks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from committee import SEED, Tested, as_predictions
from panels_page import ALL, MADE_HERE, PANEL, RANDOM, SIGNATURE, write_page

from deepcme.base.files.files import whole_file, write_csv
from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import HONEST, fit_seed
from deepcme.cohort.splits import Split
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.models.fitting import prepare_and_fit, scores_of
from deepcme.models.preprocessing import transform_rows
from deepcme.models.registry import KINDS, ModelKind
from deepcme.models.signatures.matching import MatchedSignature, match_signature
from deepcme.models.signatures.overlap import tell_preselection, tell_training_cohort
from deepcme.models.signatures.published import load_signatures
from deepcme.models.signatures.scoring import fit_within_cohort
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.panels.kinds import PANELS

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SIZES = (10, 20, 50)
RANKERS = ("t-test", "l1-logistic", "soft-path")
"""The default first."""
RANDOM_PANELS = 10
WHOLE_MODELS = ("LR-tuned", "Committee")
COHORTS = ("van 't Veer", "GSE25055", "TRANSBIG")


@dataclass(frozen=True)
class Predictor:
    """What is judged: a panel of a size by a ranker, at random, a model, or a signature.

    Attributes
    ----------
    kind : str
    name : str
        Ranker, model or signature.
    size : int, optional
        Genes of a panel.
    number : int, optional
        Of a random panel.
    """

    kind: str
    name: str
    size: int | None = None
    number: int | None = None

    @property
    def key(self) -> str:
        """What its file and its rows are called."""
        parts = (self.kind, self.name, self.size, self.number)
        return "-".join(str(part).replace(" ", "-") for part in parts if part is not None)


def predictors_of(tested: Tested) -> list[Predictor]:
    """All that is judged on a cohort."""
    signatures = [one.signature.name for one in standing_signatures(tested.cohort)]
    default, *other_rankers = RANKERS
    return [
        *(Predictor(PANEL, default, size) for size in SIZES),
        *(Predictor(ALL, model) for model in WHOLE_MODELS),
        *(Predictor(SIGNATURE, name) for name in signatures),
        *(
            Predictor(RANDOM, "genes", size, number)
            for size in SIZES
            for number in range(1, RANDOM_PANELS + 1)
        ),
        *(Predictor(PANEL, ranker, size) for ranker in other_rankers for size in SIZES),
    ]


@cache
def standing_signatures(cohort: Cohort) -> list[MatchedSignature]:
    """Published signatures of which enough was measured for a score."""
    matched = [match_signature(signature, cohort) for signature in load_signatures()]
    return [one for one in matched if one.standing != "refused"]


def score_split(tested: Tested, predictor: Predictor, number: int) -> np.ndarray:
    """Scores of the test part by what was learned of the others."""
    split = tested.splits[number - 1]
    if predictor.kind == SIGNATURE:
        return _score_by_signature(tested, predictor.name, split)
    cohort, kind, parameters = tested.cohort, PANELS["Panel"], {}
    if predictor.kind == ALL:
        kind = KINDS[predictor.name]
    elif predictor.kind == PANEL:
        parameters = {"ranker": predictor.name, "size": predictor.size}
    else:
        cohort = cohort[:, draw_random_panel(tested, predictor)]
        parameters = {"size": "all"}
    return _score_by_fit(cohort, kind, parameters, split, number)


def _score_by_fit(
    cohort: Cohort, kind: ModelKind, parameters: dict, split: Split, number: int
) -> np.ndarray:
    """As training measures what to expect: learned of training and validation part."""
    data = CohortArrays.of(cohort)
    fitted, _, preprocessor = prepare_and_fit(
        data,
        split.fitting_rows,
        HONEST,
        kind,
        parameters,
        fit_seed(SEED, kind.name, number),
        len(split.validation),
    )
    return scores_of(fitted, transform_rows(preprocessor, data.X, split.test))[0]


def draw_random_panel(tested: Tested, predictor: Predictor) -> np.ndarray:
    """Columns of a random panel, the same in every fold; the larger hold the smaller."""
    random = np.random.default_rng(seed_for(SEED, "random panel", predictor.number))
    order = random.permutation(tested.cohort.n_genes)
    return np.sort(order[: predictor.size])


def _score_by_signature(tested: Tested, name: str, split: Split) -> np.ndarray:
    """The published formula; each gene is scaled on the training part, without the outcome."""
    matched = next(
        one for one in standing_signatures(tested.cohort) if one.signature.name == name
    )
    return fit_within_cohort(matched, tested.cohort, split.train).score(split.test)


def keep_scores(tested: Tested, folder: Path) -> Iterator[pd.DataFrame]:
    """Scores of every predictor on a cohort; those that are not kept yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    for predictor in predictors_of(tested):
        path = folder / f"{tested.stem}--{predictor.key}.csv"
        if not path.exists():
            started = time.process_time()
            tables = []
            for number, split in enumerate(tested.splits, start=1):
                with one_thread_a_task():
                    score = score_split(tested, predictor, number)
                rows = {"split": number, "row": split.test, "score": score}
                tables.append(pd.DataFrame(rows))
            seconds = (time.process_time() - started) / len(tested.splits)
            with whole_file(path) as writing:
                pd.concat(tables).assign(seconds=seconds).to_csv(writing, index=False)
            print(f"{tested.name}: {predictor.key}, {seconds:.2f} s a fold", flush=True)
        yield pd.read_csv(path).assign(model=predictor.key)


def measure(tested: Tested, scores: pd.DataFrame) -> pd.DataFrame:
    """AUC of each predictor with its interval, and the default's panels less the others."""
    predictors = {predictor.key: predictor for predictor in predictors_of(tested)}
    predictions = as_predictions(tested, scores)
    random = np.random.default_rng(seed_for(SEED, "draws", tested.stem))
    # All that is fitted here learns from the validation part as well.
    table = compute_discrimination(predictions, random, refitted=list(predictors))
    table = table[["model", "n", "events", "n_splits", "auc", "ci_low", "ci_high", "sd"]]
    of = table["model"].map(predictors)
    table.insert(0, "cohort", tested.name)
    table.insert(1, "candidates", tested.cohort.n_genes)
    table.insert(2, "kind", [one.kind for one in of])
    table.insert(3, "name", [one.name for one in of])
    table.insert(4, "genes", [one.size or _n_genes(tested, one) for one in of])
    table.insert(5, "number", [one.number for one in of])
    table = table.join(scores.groupby("model")["seconds"].first(), on="model")
    table["made_here"] = [_made_here(tested, one) for one in of]
    for size in SIZES:
        panel = Predictor(PANEL, RANKERS[0], size).key
        others = [one.key for one in predictors.values() if one.key != panel]
        compared = compute_comparison(predictions, panel, others, refitted=list(predictors))
        compared = compared.set_index("baseline")[["difference", "ci_low", "ci_high"]]
        names = ["less", "less_low", "less_high"]
        compared.columns = [f"panel_of_{size}_{name}" for name in names]
        table = table.join(compared, on="model")
    return table.drop(columns="model")


def _n_genes(tested: Tested, predictor: Predictor) -> int:
    if predictor.kind == ALL:
        return tested.cohort.n_genes
    of_name = {one.signature.name: one for one in standing_signatures(tested.cohort)}
    return of_name[predictor.name].n_found


def _made_here(tested: Tested, predictor: Predictor) -> str:
    """Whether a signature was made of the cohort, or the cohort cut down to its genes."""
    if predictor.kind != SIGNATURE:
        return ""
    signature = next(one for one in load_signatures() if one.name == predictor.name)
    if tell_training_cohort(signature, tested.cohort):
        return MADE_HERE
    return "all candidates are its genes" if tell_preselection(signature, tested.cohort) else ""


def main() -> None:
    """Fit what is not kept yet; write the tables where every cohort was given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohorts", nargs="+", type=Path, help=".h5ad files, with labels")
    parser.add_argument("--keep", type=Path, default=Path("build/panels"))
    asked = parser.parse_args()
    tables = []
    for path in asked.cohorts:
        tested = Tested.load(path)
        scores = pd.concat(keep_scores(tested, asked.keep), ignore_index=True)
        tables.append(measure(tested, scores))
    results = pd.concat(tables, ignore_index=True)
    shown = ["cohort", "kind", "name", "genes", "auc", "ci_low", "ci_high", "seconds"]
    print(results.loc[results["kind"] != RANDOM, shown].round(3).to_string(index=False))
    if set(results["cohort"]) == set(COHORTS):
        write_csv(OUTPUT / "panels.csv", results.round(4))
        write_page(OUTPUT / "panels.md", results)


if __name__ == "__main__":
    main()
