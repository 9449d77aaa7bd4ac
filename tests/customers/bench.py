"""How well the customers desk foretells, with what a user would use instead beside it, on a table of baskets.

    python -m tests.customers.bench TABLE [DAY ...]

TABLE holds customer, basket, time, item, quantity (and optionally name); everything before a DAY is learned from, what comes
after it is foretold. Without a DAY, the first day of the last quarter of the table.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from engine.customers.basket import Completion, best
from engine.customers.ease import ease
from engine.customers.files import lines_of, names_of
from engine.customers.history import History
from engine.customers.pairs import counted, found, significant
from engine.customers.recommend import Recommender, measured, ndcg, next_baskets
from engine.customers.returning import WINDOW, Habits, Model, correction
from engine.customers.variants import families

Scores = Callable[[NDArray[np.int64]], NDArray[Any]]
Row = dict[str, Any]
_AT_ONCE, _HELD_DAYS, _SEEDS = 400, 30.0, 10


def als(rows: sparse.csr_array, factors: int = 48, rounds: int = 8, firm: float = 5.0, weight: float = 20.0) -> Any:
    """Implicit ALS (Hu, Koren & Volinsky 2008): factors of rows and of columns."""
    rng = np.random.default_rng(1)
    left, right = (rng.normal(0, 0.1, (size, factors)).astype(np.float32) for size in rows.shape)
    for _ in range(rounds):
        for here, there, matrix in ((left, right, rows), (right, left, sparse.csr_array(rows.T))):
            gram = there.T @ there + firm * np.eye(factors, dtype=np.float32)
            for i in range(matrix.shape[0]):
                part = slice(matrix.indptr[i], matrix.indptr[i + 1])
                some, trust = there[matrix.indices[part]], weight * matrix.data[part]
                here[i] = np.linalg.solve(gram + (some * trust[:, None]).T @ some, some.T @ (1 + trust))
    return left, right


def next_basket(history: History, cut: float) -> Iterator[Row]:
    """NDCG@10 of the next basket, all items and new ones."""
    past, wanted = history.between(end=cut), next_baskets(history, cut, WINDOW)
    model, own = Recommender(past, cut), past.by_customer()
    owned = own.copy()
    owned.data[:] = 1
    support, recent = past.support.astype(np.float64), past.between(cut - 30).support.astype(np.float64)
    both = (owned.T @ owned).toarray().astype(np.float32)
    length = np.sqrt(np.maximum(np.diag(both), 1))
    cosine = both / np.outer(length, length)
    np.fill_diagonal(cosine, 0)
    plain = ease(owned, np.ones(owned.shape[0], np.float32), 200.0)
    users, items = als(owned)
    methods: dict[str, Scores] = {
        "popularity": lambda who: np.tile(support, (len(who), 1)),
        "popularity of 30 days": lambda who: np.tile(recent, (len(who), 1)),
        "own frequency": lambda who: own[who].toarray() + 1e-6 * recent,
        "item cosine": lambda who: owned[who] @ cosine,
        "implicit ALS": lambda who: users[who] @ items.T,
        "EASE": lambda who: owned[who] @ plain,
    }
    who = np.array(sorted(wanted), np.int64)
    for name, method in methods.items():
        yield {"name": f"next basket: {name}", **_foretold(who, wanted, own, lambda some, m=method: (m(some), m(some)))}
    company = measured(past).company
    ours = _foretold(who, wanted, own, lambda some: model.scores(some, company))
    yield {"name": f"next basket: Backroom (others count {company})", **ours}


def _foretold(who: NDArray[np.int64], wanted: dict[int, Any], own: sparse.csr_array, scores: Any) -> Row:
    everything, fresh = [], []
    for start in range(0, len(who), _AT_ONCE):
        part = who[start : start + _AT_ONCE]
        again, new = (np.array(some, np.float32) for some in scores(part))
        new[own[part].nonzero()] = -np.inf
        for customer, first, second in zip(part, best(again, 10), best(new, 10), strict=True):
            items = wanted[int(customer)]
            everything.append(ndcg(first, items))
            unseen = np.setdiff1d(items, own[[int(customer)]].indices)
            if len(unseen):
                fresh.append(ndcg(second, unseen))
    return {
        "all": round(float(np.mean(everything)), 4),
        "new": round(float(np.mean(fresh)), 4),
        "customers": len(everything),
    }


def completion(history: History, cut: float) -> Iterator[Row]:
    """Hit@10 of one item taken out of each later basket."""
    past, later = history.between(end=cut), history.between(cut, cut + _HELD_DAYS)
    rng, rows, held = np.random.default_rng(1), later.contents.tolil(), {}
    for row in np.flatnonzero(later.sizes > 1):
        held[int(row)] = int(rng.choice(later.contents[[int(row)]].indices))
        rows[int(row), held[int(row)]] = 0
    at = np.array(sorted(held))
    baskets, who = sparse.csr_array(rows.tocsr()[at]), later.customer[at]
    gone = np.array([held[int(row)] for row in at])
    both = (past.contents.T @ past.contents).toarray().astype(np.float32)
    np.fill_diagonal(both, 0)
    support = np.maximum(past.support.astype(np.float32), 1)
    methods = {
        "popularity": np.tile(support, (len(at), 1)),
        "lift": baskets @ np.where(both >= 5, both / np.outer(support, support), 0),
        "confidence": baskets @ (both / support[:, None]),
        "cosine": baskets @ (both / np.sqrt(np.outer(support, support))),
    }
    for name, scores in methods.items():
        scores[baskets.nonzero()] = -np.inf
        hits = np.mean([g in some for g, some in zip(gone, best(scores, 10), strict=True)])
        yield {"name": f"completes a basket: {name}", "hit@10": round(float(hits), 4), "baskets": len(at)}
    hits = np.mean([g in some for g, some in zip(gone, Completion.fit(past).complete(baskets, who), strict=True)])
    yield {"name": "completes a basket: Backroom", "hit@10": round(float(hits), 4), "baskets": len(at)}


def shuffled(history: History, seed: int) -> History:
    """The same orders and items with their links destroyed: sizes, and how often each item sells in each month, kept."""
    rng, cells = np.random.default_rng(seed), history.contents.tocoo()
    month = ((history.day[cells.row] - history.day[0]) // 30.4).astype(np.int64)
    column = cells.col.copy()
    for one in np.unique(month):
        at = np.flatnonzero(month == one)
        column[at] = rng.permutation(column[at])
        for _ in range(60):
            order = at[np.lexsort((column[at], cells.row[at]))]
            same = (cells.row[order][1:] == cells.row[order][:-1]) & (column[order][1:] == column[order][:-1])
            twice = order[1:][same]
            if not len(twice):
                break
            swap = rng.choice(at, len(twice))
            for i, j in zip(twice, swap, strict=True):
                column[i], column[j] = column[j], column[i]
    contents = sparse.csr_array((np.ones(len(column), np.float32), (cells.row, column)), shape=cells.shape)
    contents.data[:] = 1
    return History(contents, history.customer, history.day, history.items, history.customers, history.baskets)


def pairs(history: History, cut: float, names: dict[str, str]) -> Iterator[Row]:
    """False pairs of shuffled links; pairs and their lifts in the later period."""
    past = history.between(end=cut)
    counts = [len(significant(shuffled(past, seed))) for seed in range(_SEEDS)]
    yield {"name": "pairs: on shuffled links", "pairs": counts}
    items = history.items.tolist()
    shown, kept = found(past, families(items, [names.get(item, "") for item in items] if names else None))
    k, expected = counted(history.between(cut), shown)
    lift = np.array([pair.lift for pair in shown])
    ratio = k[expected > 0.5] / (expected * lift)[expected > 0.5]
    yield {
        "name": "pairs: later", "shown": len(shown), "above chance": round(float((k > expected).mean()), 4),
        "later / shown lift": round(float(k.sum() / (expected * lift).sum()), 3), "mean": round(float(ratio.mean()), 3),
        "kept": round(kept.kept, 3),
    }  # fmt: skip


def returning(history: History, cut: float) -> Iterator[Row]:
    """AUC, Brier and ECE of coming back within 90 days, learned from 100, 500 and all customers."""
    from sklearn.metrics import roc_auc_score

    rng, habits = np.random.default_rng(1), Habits.of(history, cut)
    came = np.isin(habits.customer, history.between(cut, cut + WINDOW).customer)
    yield {"name": "returns: recency", "AUC": round(float(roc_auc_score(came, habits.last - habits.age)), 4)}
    for people in (100, 500, len(habits.customer)):
        chosen = rng.choice(habits.customer, min(people, len(habits.customer)), replace=False)
        keep = np.flatnonzero(np.isin(history.customer, chosen) & (history.day < cut))
        some = History(
            history.contents[keep], history.customer[keep], history.day[keep], history.items, history.customers,
            history.baskets[keep],
        )  # fmt: skip
        chance = correction(some, cut)(Model.fit(Habits.of(some, cut)).returns(habits))
        place = np.minimum((10 * chance).astype(int), 9)
        ece = sum(abs(chance[place == bin_].sum() - came[place == bin_].sum()) for bin_ in range(10)) / len(chance)
        yield {
            "name": f"returns: learned from {len(chosen)} customers",
            "AUC": round(float(roc_auc_score(came, chance)), 4),
            "Brier": round(float(((chance - came) ** 2).mean()), 4),
            "ECE": round(float(ece), 4),
        }


def run(table: Path, days: list[str]) -> Iterator[Row]:
    """All measurements of a table."""
    frame = pl.read_parquet(table) if table.suffix == ".parquet" else pl.read_csv(table, infer_schema_length=None)
    names = names_of(frame)
    history = History.of(lines_of(frame, table.name))
    cuts = [float((date.fromisoformat(day) - date(1970, 1, 1)).days) for day in days]
    for cut in cuts or [float(np.floor(history.day[-1] - WINDOW))]:
        for part in (
            next_basket(history, cut),
            completion(history, cut),
            pairs(history, cut, names),
            returning(history, cut),
        ):
            begun = time.perf_counter()
            for row in part:
                yield row | {"seconds": round(time.perf_counter() - begun, 1)}


if __name__ == "__main__":
    for row in run(Path(sys.argv[1]), sys.argv[2:]):
        print(row, flush=True)
