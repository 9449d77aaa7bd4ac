"""What a file says of itself (totals rows, record counts, totals per order) beside what was read from it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from engine.importing import numbers
from engine.importing.conventions import NUMERIC_KINDS
from engine.importing.matching import Match
from engine.importing.stray import Found

if TYPE_CHECKING:
    import polars as pl


class Reconciler:
    """Keeps sums over the batches of one table, and the totals that the file states.

    Args:
        match: the profile on the header.
        names: the columns by position, for messages.
    """

    def __init__(self, match: Match, names: list[str]) -> None:
        self.match, self.profile, self._names = match, match.profile, names
        self._totals: list[dict[str, str | None]] = []
        self._stated: list[tuple[dict[str, str], dict[str, str | None]]] = []
        self._counts: list[tuple[int, int]] = []
        self._sums: dict[str, float] = defaultdict(float)
        self._sums_of: dict[str, float] = defaultdict(float)
        self._read = 0
        self._groups: set[tuple[object, ...]] = set()

    def add(self, frame: pl.DataFrame, read: int, stray: Found) -> None:
        """Add up a batch of cleaned fields; `read` rows of the file were looked at, and `stray` ones told of totals."""
        import polars as pl

        self._totals += stray.totals
        self._stated += stray.stated
        self._counts += stray.counts
        self._read += read
        for rule in self.profile.stray:
            for sql in rule.totals.values():
                self._sums_of[sql] += float(frame.select(pl.sql_expr(sql).sum()).item() or 0.0)
        if group := [name for name in self.profile.group if name in frame.columns]:
            self._groups |= set(frame.select(group).unique().iter_rows())
            return
        for name in self.match.columns:
            if self.profile.kind(name) in NUMERIC_KINDS:
                self._sums[name] += float(frame[name].sum())

    def compare(self, decimal: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Compare the file's own totals rows and record counts with what was read, after the last batch.

        Returns:
            Differences, and the totals the file states.
        """
        import polars as pl

        differences: list[dict[str, Any]] = []
        stated: dict[str, float] = {}
        claims = [(row, name, self._sums[name]) for row in self._totals for name in self._sums]
        claims += [(row, name, self._sums_of[sql]) for names, row in self._stated for name, sql in names.items()]
        fitting: set[str] = set()
        for row, name, loaded in claims:
            position = self.match.columns[name][0] if name in self.match.columns else None
            cell = row.get(str(position))
            value = numbers.read(pl.Series([cell], dtype=pl.String), decimal)[0]
            if value is None or position is None or "%" in (cell or ""):
                continue
            what = self._names[position]
            if abs(value - loaded) <= 0.011:
                fitting.add(what)
                stated[name] = value
                continue
            stated.setdefault(name, value)
            differences.append({"line": row["line"], "what": what, "file": value, "loaded": round(loaded, 2)})
        # Of several totals rows (of these rows, of the account, of other kinds) one that fits is the one of these rows.
        differences = [item for item in differences if item["what"] not in fitting]
        # A file of order lines may count its lines or its orders.
        counted = len(self._groups) if self.profile.group else self._read
        for line, count in self._counts:
            stated["rows"] = float(count)
            if count not in (self._read, counted):
                differences.append({"line": line, "what": "rows", "file": count, "loaded": counted})
        return differences, stated

    def check(self, frame: pl.DataFrame) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Compare what the file states per group with what its rows add up to, group by group."""
        import polars as pl

        differences: list[dict[str, Any]] = []
        stated: dict[str, float] = {}
        group = [name for name in self.profile.group if name in frame.columns] or ["line"]
        keys = [name for name in group if name != "line"]
        for check in self.profile.check:
            if frame.is_empty():
                continue
            firsts = pl.sql_expr(check.stated)
            sums = pl.sql_expr(check.loaded)
            per = frame.select(*keys, "line", stated=firsts, loaded=sums)
            per = per.group_by(group, maintain_order=True).agg(
                pl.col("stated").first(ignore_nulls=True), pl.col("loaded").sum(), pl.col("line").first().alias("at")
            )
            per = per.filter(pl.col("stated").is_not_null())
            if per.is_empty():
                continue
            stated[check.what] = stated.get(check.what, 0.0) + float(per["stated"].sum())
            stated[check.what + "_from_lines"] = stated.get(check.what + "_from_lines", 0.0) + float(
                per["loaded"].sum()
            )
            off = per.filter((pl.col("stated") - pl.col("loaded")).abs() > check.tolerance)
            differences += [
                {
                    "line": row["at"],
                    **({"row": "|".join(str(row[name]) for name in keys)} if keys else {}),
                    "what": check.what,
                    "file": round(row["stated"], 2),
                    "loaded": round(row["loaded"], 2),
                }
                for row in off.iter_rows(named=True)
            ]
        return differences, stated
