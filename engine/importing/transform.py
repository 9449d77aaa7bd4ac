"""From text cells to rows of the home tables: conventions decided, cells cleaned, grain resolved, nothing dropped unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.importing import cleaning, grain, packed
from engine.importing.conventions import Conventions, Survey
from engine.importing.delimited import Batch
from engine.importing.fields import Fields, as_json
from engine.importing.headers import normal, stated_currency
from engine.importing.identity import Identities
from engine.importing.matching import Match, is_ignored
from engine.importing.profiles import Field, Profile, TableRule
from engine.importing.recognise import Reading
from engine.importing.reconcile import Reconciler
from engine.importing.report import ImportSettings
from engine.importing.stray import take_out
from engine.store.tables import core

if TYPE_CHECKING:
    import polars as pl

CORE = core()
# The status a profile gives to orders that the seller marked as placed for show.
BRUSHING = "brushing"
# Columns in which review apps say whether a review is shown, and the words for one that is.
_SHOWN_COLUMNS = frozenset({"state", "status", "curated", "publish", "published", "comment approved"})
_SHOWN = frozenset({"published", "publish", "ok", "yes", "true", "1", "approved", "visible", "shown", "public"})
_SAYING = ("text", "body", "title", "stars")


@dataclass(frozen=True)
class Reject:
    """A row that was not loaded: its line, why, and its cells as they were."""

    line: int
    reason: str
    cells: tuple[str | None, ...]


@dataclass
class Rows:
    """One batch, ready to load: a frame per table, with `line` and `row_key`."""

    tables: dict[str, pl.DataFrame]
    rejects: list[Reject]
    skipped: list[tuple[int, str]]
    read: int
    differences: list[dict[str, Any]]
    stated: dict[str, float]
    duplicate: int = 0


class Transformer:
    """Turns the batches of one table into rows, keeping what has to be known across batches.

    Args:
        reading: the table with its header and profile; it must have a match.
        settings: the seller's choices.
    """

    def __init__(self, reading: Reading, settings: ImportSettings, namespace: str) -> None:
        if reading.match is None:
            raise ValueError("an unknown table cannot be transformed")
        self.reading = reading
        self.match: Match = reading.match
        self.profile: Profile = self.match.profile
        self.reading_match = self.match
        self._packs = any(self.profile.kind(name) in packed.KINDS for name in self.profile.fields)
        self._packed = packed.find(self.match, len(reading.names))
        if self._packed is not None:
            self.match = replace(self.match, columns={**self.match.columns, **self._packed.columns})
        self._names = [*reading.names, *(self._packed.columns if self._packed else ())]
        self.settings = settings
        self.namespace = namespace
        self.conventions = Conventions()
        self.flagged: Counter[str] = Counter()
        self._used = {position for positions in self.reading_match.columns.values() for position in positions}
        self._extra = [
            i for i, name in enumerate(reading.names) if i not in self._used and not is_ignored(self.profile, name)
        ]
        # The words for a payment's state are read for whether money moved, and kept as they are.
        states = {p for name, positions in self.match.columns.items() for p in positions if self._is_state(name)}
        self._extra += sorted(states - set(self._extra))
        self._amounts: list[int] = []
        self._above: dict[str, str | None] = {}
        self._locations: list[int] = []
        for rule in self.profile.tables.values():
            if rule.spread:
                self._locations = [i for i in self._extra if rule.place(reading.names[i]) is not None]
                self._extra = [i for i in self._extra if i not in self._locations] if rule.places else []
        self._shown = [
            i
            for i, name in enumerate(reading.names)
            if "reviews" in self.profile.tables and normal(name) in _SHOWN_COLUMNS
        ]
        self._shown_words: set[str] = set()
        self._kept = self._used | set(self._extra) | set(self._locations) | set(self._shown)
        # A totals row says so in the first column, kept or not.
        self.positions = sorted(self._kept | {0})
        self._reconciler = Reconciler(self.match, self._names)
        whole = cache(lambda: self._hashed(list(range(len(reading.names)))))
        self._identities = Identities(namespace, mapped=reading.mapped is not None, whole=whole)
        self._source: Iterator[Batch] = iter(())
        self._first: Batch | None = None

    # -- reading -----------------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[Batch]:
        """The table's batches; the rows of one group (an order) are never divided between two."""
        held: Batch | None = None
        batches = self._raw_batches()
        following = next(batches, None)
        while following is not None:
            batch = following if held is None else _after(held, following)
            held = None
            following = next(batches, None)
            if following is not None:
                batch, held = self._split(batch)
            yield batch

    def _raw_batches(self) -> Iterator[Batch]:
        if self._first is not None:
            yield self._first
            self._first = None
        yield from self._source

    def _split(self, batch: Batch) -> tuple[Batch, Batch | None]:
        """A batch without its last group, and that group."""
        positions = [str(self.match.columns[name][0]) for name in self.profile.group if name in self.match.columns]
        if not positions or batch.frame.height < 2:
            return batch, None
        key = batch.frame[positions[0]]
        other = key.is_not_null() if key[-1] is None else (key != key[-1]).fill_null(True)
        cut = int(other.arg_true()[-1]) + 1 if other.any() else 0
        if cut in (0, batch.frame.height):
            return batch, None
        return (
            Batch(batch.frame.head(cut), batch.lines.head(cut), batch.ragged, batch.short),
            Batch(batch.frame.slice(cut), batch.lines.slice(cut)),
        )

    def _is_state(self, name: str) -> bool:
        return self.profile.kind(name) == "payment"

    def survey(self) -> None:
        """Read the first batch and decide the conventions from the file's own values, reading on while something is open."""
        reading = self.reading
        survey = Survey(self.profile, self.settings, self._names, self.match.columns)
        self._source = reading.table.batches(reading.first, len(reading.names), self.positions)
        self._first = next(self._source, None)
        if self._first is not None:
            survey.look(self._unpacked(self._first))
        if survey.undecided() and not self.settings.date_order:
            # Only a large file has more batches; they are read for its dates alone.
            wanted = sorted({p for positions in survey.fields.values() for p in positions} & set(self.positions))
            if self._packed is not None:
                wanted = self.positions
            for batch in reading.table.batches(reading.first, len(reading.names), wanted):
                if not survey.undecided():
                    break
                survey.look(self._unpacked(batch))
        self.conventions = survey.decide(reading.stated_currency)
        if self._first is not None and any(rule.others for rule in self.profile.tables.values()):
            self._amounts = [
                i for i in self._extra if _holds_amounts(self._first.frame[str(i)], self.conventions.decimal)
            ]
            self._extra = [i for i in self._extra if i not in self._amounts]

    def _unpacked(self, batch: Batch) -> pl.DataFrame:
        return batch.frame if self._packed is None else self._packed.unpacked(batch.frame)[0]

    # -- cleaning ----------------------------------------------------------------------------------------------------

    def rows(self, batch: Batch) -> Rows:
        """One batch as rows of the home tables."""
        import polars as pl

        raw = batch.frame.with_columns(batch.lines.alias("line"))
        rejects = [Reject(line, reason, cells) for line, cells, reason in batch.ragged]
        if batch.short:
            self.flagged["rows end before the header does; their missing cells were read as empty"] += batch.short
        raw, stray = take_out(raw, self.reading_match, self.reading.names, self._kept)
        for line in self.reading.table.filled(stray.empty):
            stray.lines[line] = "nothing in the columns that are kept"
        read = raw.height + len(rejects)
        if self._packed is not None:
            raw, whole = self._packed.unpacked(raw)
            if whole:
                self.flagged[f"{self._names[self._packed.position]}: a packed cell could not be unpacked"] += whole
        cleaned = self._cleaned(raw)
        if self._packed is not None:
            left = raw.select(pl.when(pl.col(packed.PARTS) == 0).then(pl.col(str(self._packed.position)))).to_series()
            cleaned.asides[self._packed.field] = left
        frame = cleaned.frame(raw["line"], self._left_over(raw, cleaned.asides))
        if self._locations:
            frame = frame.with_columns(raw[str(i)].alias(f"_at_{i}") for i in self._locations)
        if self._packs:
            frame = frame.with_columns(
                raw[packed.PARTS] if packed.PARTS in raw.columns else pl.lit(1).alias(packed.PARTS)
            )
        frame, refused = self._refused(frame, raw, cleaned.reasons)
        frame = self._with_amounts(frame, raw)
        frame, outside = self._aside(frame)
        stray.lines |= outside
        read -= len(outside)
        apart: list[dict[str, Any]] = []
        if self.profile.joined is not None:
            frame, apart = grain.divide_joined(frame, self.profile.joined)
        self._reconciler.add(frame, read, stray)
        tables, duplicate = self._tables(frame)
        self._count_undivided(tables)
        differences, stated = self._reconciler.check(frame)
        return Rows(
            tables, rejects + refused, sorted(stray.lines.items()), read, differences + apart, stated, duplicate
        )

    def _cleaned(self, raw: pl.DataFrame) -> Fields:
        """Every field's cells as typed values, and why rows cannot be taken."""
        import polars as pl

        cleaned = Fields(raw.height)
        for name, rule in self.profile.fields.items():
            column = self._cells(raw, name, rule)
            if column is None:
                cleaned.lacks(name, self.profile.kind(name))
            else:
                self._clean_field(cleaned, name, rule, column)
        if "reviews" in self.profile.tables:
            said = [cleaned.values[n] for n in _SAYING if n in cleaned.values]
            silent = pl.select(pl.all_horizontal(column.is_null() for column in said)).to_series()
            cleaned.refuse(silent, "neither text nor stars")
        self._count_masked(cleaned.values)
        for position in self._shown:
            self._shown_words |= set(raw[str(position)].drop_nulls().str.strip_chars().str.to_lowercase().unique())
        return cleaned

    def _clean_field(self, cleaned: Fields, name: str, rule: Field, column: pl.Series) -> None:
        """One field's cells: what cannot be read refuses the row where it matters, and is set aside where it does not."""
        import polars as pl

        chosen = self.conventions
        order = chosen.orders.get(name, "dmy")
        result = cleaning.clean(column, self.profile.kind(name), decimal=chosen.decimal, order=order, zone=chosen.zone)
        values = result.values.rename(name)
        if name == "status":
            cleaned.values["status_original"] = cleaning.text(column).values.rename("status_original")
        if result.repaired:
            self.flagged[f"{name}: “.0” taken off numbers a spreadsheet had touched"] += result.repaired
        if result.failed is not None:
            failed = result.failed.fill_null(False)
            if name in CORE or rule.required:
                cleaned.refuse(failed, self._reason(name, column, result.problem))
            else:
                self.flagged[f"{name}: a cell that {result.problem} is kept as it is"] += int(failed.sum())
                cells = pl.DataFrame({"v": column, "f": failed})
                cleaned.asides[name] = cells.select(pl.when(pl.col("f")).then(pl.col("v")).alias(name)).to_series()
                values = values.set(failed, None)
        cleaned.values[name] = values
        if rule.required:
            cleaned.refuse(values.is_null(), f"no {self._names[self.match.columns[name][0]]}")

    def _aside(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, str]]:
        """The rows that count, and the lines of those that say something but do not count, with why."""
        import polars as pl

        outside: dict[int, str] = {}
        for rule in self.profile.aside:
            apart = frame.select(pl.sql_expr(rule.where).fill_null(False)).to_series()
            if apart.any():
                outside |= dict.fromkeys(frame.filter(apart)["line"].to_list(), rule.reason)
                frame = frame.filter(~apart)
        return frame, outside

    def _with_amounts(self, frame: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
        """The frame with the amounts of columns that the profile does not know, and with the sum of all amounts of a row."""
        import polars as pl

        rules = [rule for rule in self.profile.tables.values() if rule.unpivot or rule.others]
        if not rules:
            return frame
        if self._amounts:
            kept = raw.filter(pl.col("line").is_in(frame["line"].implode())) if raw.height != frame.height else raw
            read = [
                cleaning.number(cleaning.blank_to_null(kept[str(i)]), self.conventions.decimal)
                .values.cast(pl.Float64)
                .alias(grain.other(i))
                for i in self._amounts
            ]
            frame = frame.with_columns(read)
        parts = [pl.sql_expr(item.amount).cast(pl.Float64) for rule in rules for item in rule.unpivot]
        parts += [pl.col(grain.other(i)) for i in self._amounts]
        return frame.with_columns(pl.sum_horizontal(parts).alias("amounts"))

    def _refused(
        self, frame: pl.DataFrame, raw: pl.DataFrame, reasons: pl.Series | None
    ) -> tuple[pl.DataFrame, list[Reject]]:
        """The rows that can be taken, and the others with all their cells; of a packed row no item goes alone."""
        if reasons is None or not reasons.is_not_null().any():
            return frame, []
        bad = reasons.is_not_null()
        if self._packed is not None:
            bad = raw["line"].is_in(raw["line"].filter(bad).implode())
            reasons = reasons.fill_null("another item of this row is wrong")
        width = len(self.reading.names)
        refused = [
            Reject(row["line"], reason, tuple(row.get(str(i)) for i in range(width)))
            for row, reason in zip(raw.filter(bad).iter_rows(named=True), reasons.filter(bad), strict=True)
        ]
        return frame.filter(~bad), refused

    def _cells(self, raw: pl.DataFrame, name: str, rule: Field) -> pl.Series | None:
        positions = self.match.columns.get(name)
        if positions is None:
            return None
        if rule.down:
            return self._carried(name, cleaning.blank_to_null(raw[str(positions[0])]))
        if len(positions) == 1:
            return raw[str(positions[0])].rename(name)
        import polars as pl

        parts = [cleaning.blank_to_null(raw[str(p)]) for p in positions]
        frame = pl.DataFrame([part.rename(str(i)) for i, part in enumerate(parts)])
        if rule.join is not None:
            joined = pl.concat_str(pl.all(), separator=rule.join, ignore_nulls=True)
            return cleaning.blank_to_null(frame.select(joined.alias(name)).to_series())
        return frame.select(pl.coalesce(pl.all()).alias(name)).to_series()

    def _carried(self, name: str, cells: pl.Series) -> pl.Series:
        """A column with every empty cell as the last one above it, also of the batch before."""
        carried = cells.fill_null(strategy="forward")
        above = self._above.get(name)
        if above is not None:
            carried = carried.fill_null(above)
        if len(carried):
            self._above[name] = carried[-1]
        return carried.rename(name)

    def _reason(self, name: str, column: pl.Series, problem: str) -> pl.Series:
        import polars as pl

        label = self._names[self.match.columns[name][0]]
        cell = pl.col("v").str.slice(0, 40)
        return (
            pl.DataFrame({"v": column})
            .select(pl.concat_str(pl.lit(f"{label}: “"), cell, pl.lit(f"” {problem}")))
            .to_series()
        )

    def _count_masked(self, cleaned: dict[str, pl.Series]) -> None:
        """Personal data that the platform masked names nobody: it is set aside and counted."""
        for name in ("customer", "email", "author", "name"):
            if name in cleaned and cleaned[name].dtype.is_(_string()):
                masked = cleaned[name].str.contains(cleaning.MASKED).fill_null(False)
                if masked.any():
                    self.flagged[f"{name}: masked by the platform"] += int(masked.sum())
                    cleaned[name] = cleaned[name].set(masked, None)

    def _left_over(self, raw: pl.DataFrame, asides: dict[str, pl.Series]) -> pl.Series:
        """Cells that no column here has a home for, as one JSON object a row."""
        columns = {self.reading.names[i]: raw[str(i)] for i in self._extra}
        columns |= {self._names[self.match.columns[name][0]]: cells for name, cells in asides.items()}
        return as_json(columns, raw.height)

    def _count_undivided(self, tables: dict[str, pl.DataFrame]) -> None:
        """Say of how many items nobody knows the amount, because the file states one for all items of an order."""
        lines = tables.get("order_lines")
        if self._packed is not None and lines is not None and (lacking := lines["amount"].null_count()):
            self.flagged["items of an order that states one total for all: their lines have no amount"] += lacking

    def _hashed(self, positions: list[int]) -> pl.DataFrame:
        """A hash of the cells in these columns for every line of the table."""
        import polars as pl

        parts = [
            pl.DataFrame({"line": batch.lines, "cells": batch.frame.hash_rows(seed=0)})
            for batch in self.reading.table.batches(self.reading.first, len(self.reading.names), positions)
        ]
        found = pl.concat(parts) if parts else pl.DataFrame(schema={"line": pl.Int64, "cells": pl.UInt64})
        return found.unique("line", keep="first")

    # -- grain -------------------------------------------------------------------------------------------------------

    def _tables(self, frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], int]:
        import polars as pl

        found = {}
        for table, rule in self.profile.tables.items():
            source = self._spread(frame, rule) if rule.spread else frame
            if rule.omitted and rule.where:
                left_out = frame.filter(~pl.sql_expr(rule.where).fill_null(False)).height
                if left_out:
                    self.flagged[rule.omitted] += left_out
            others = {i: stated_currency(self.reading.names[i])[0] for i in self._amounts} if rule.others else {}
            rows = grain.rows_of(table, self.profile, source, self.conventions.currency, others)
            found[table] = grain.dated(table, rows, self.reading.period)
        tables, duplicate = self._identities.keyed(self.profile.tables, found, self.profile.main_table)
        marked = tables.get("orders", frame)
        if "status" in marked.columns and (shown := int((marked["status"] == BRUSHING).sum())):
            self.flagged[f"orders placed for show by the seller’s own remark, kept with the status “{BRUSHING}”"] += (
                shown
            )
        return tables, duplicate

    def _spread(self, frame: pl.DataFrame, rule: TableRule) -> pl.DataFrame:
        """One row per location column: the location's name and what is on hand there; places that hold none are left out."""
        import polars as pl

        parts = []
        for position in self._locations:
            column = f"_at_{position}"
            read = cleaning.number(cleaning.blank_to_null(frame[column]), self.conventions.decimal)
            part = frame.with_columns(
                pl.lit(rule.place(self.reading.names[position])).alias("_location"), read.values.alias("_on_hand")
            )
            parts.append(part.filter(pl.col("_on_hand").is_not_null()))
        if not parts:
            return frame.head(0).with_columns(
                pl.lit(None, dtype=pl.String).alias("_location"), pl.lit(None, dtype=pl.Float64).alias("_on_hand")
            )
        return pl.concat(parts).sort("line", maintain_order=True)

    def reconcile(self) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Compare the file's own totals rows and record counts with what was read, after the last batch.

        Returns:
            Differences, and the totals the file states.
        """
        for table, count in self._identities.shared.items():
            if count:
                self.flagged[
                    f"{table}: rows with the id of another row of this file, but not the same: all were kept"
                ] = count
        if self._shown_words - {""} and self._shown_words <= _SHOWN | {""}:
            self.conventions.notes.append(
                "Only published reviews are in this file: ratings may look better here than all customers’ would."
            )
        return self._reconciler.compare(self.conventions.decimal)


def _holds_amounts(column: pl.Series, decimal: str) -> bool:
    """Whether a column that no profile knows holds amounts: nothing but numbers, and no ids among them."""
    cells = cleaning.blank_to_null(column).drop_nulls()
    if cells.is_empty() or cells.str.contains(r"^\s*\d{7,}\s*$").any():
        return False
    return cleaning.number(cells, decimal).values.null_count() == 0


def _after(held: Batch, batch: Batch) -> Batch:
    import polars as pl

    return Batch(pl.concat([held.frame, batch.frame]), pl.concat([held.lines, batch.lines]), batch.ragged, batch.short)


def _string() -> type[pl.DataType]:
    import polars as pl

    return pl.String
