"""From text cells to rows of the home tables: conventions decided, cells cleaned, grain resolved, nothing dropped unsaid."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.importing import cleaning, dates, grain, numbers, packed
from engine.importing.delimited import Batch
from engine.importing.headers import normal
from engine.importing.profiles import Field, Match, Profile, TableRule, is_ignored
from engine.importing.recognise import Reading
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
_NUMERIC_KINDS = ("money", "number")
_DATE_KINDS = ("moment", "day")


@dataclass
class Conventions:
    """What holds for a whole file: the decimal sign, the order of dates per field, zone and currency."""

    decimal: str = "."
    orders: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
        self._locations: list[int] = []
        if any(rule.spread for rule in self.profile.tables.values()):
            self._locations, self._extra = self._extra, []
        self._shown = [
            i
            for i, name in enumerate(reading.names)
            if "reviews" in self.profile.tables and normal(name) in _SHOWN_COLUMNS
        ]
        self._shown_words: set[str] = set()
        self.positions = sorted(self._used | set(self._extra) | set(self._locations) | set(self._shown))
        self._totals: list[dict[str, str | None]] = []
        self._stated: list[tuple[dict[str, str], dict[str, str | None]]] = []
        self._counts: list[tuple[int, int]] = []
        self._sums: dict[str, float] = defaultdict(float)
        self._sums_of: dict[str, float] = defaultdict(float)
        self._read = 0
        self._seen: dict[str, pl.DataFrame] = {}
        self._contents: dict[str, pl.Series] = {}
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

    def survey(self) -> None:
        """Read the first batch and decide the conventions from the file's own values, reading on while something is open."""
        reading = self.reading
        fields = {
            name: self.match.columns[name]
            for name in self.match.columns
            if self.profile.kind(name) in (*_NUMERIC_KINDS, *_DATE_KINDS)
        }
        separators = numbers.SeparatorEvidence()
        evidence: dict[str, dates.OrderEvidence] = {}
        money: list[str] = []
        self._source = reading.table.batches(reading.first, len(reading.names), self.positions)
        self._first = next(self._source, None)
        if self._first is not None:
            self._look(self._first, fields, separators, evidence, money)
        if any(e.open for e in evidence.values()) and not self.settings.date_order:
            # Only a large file has more batches; they are read for its dates alone.
            wanted = sorted({p for positions in fields.values() for p in positions} & set(self.positions))
            if self._packed is not None:
                wanted = self.positions
            again = reading.table.batches(reading.first, len(reading.names), wanted)
            for batch in again:
                if not any(e.open for e in evidence.values()):
                    break
                self._look(batch, fields, separators, evidence, money)
        self._decide(separators, evidence, money)

    def _look(
        self,
        batch: Batch,
        fields: dict[str, tuple[int, ...]],
        separators: numbers.SeparatorEvidence,
        evidence: dict[str, dates.OrderEvidence],
        money: list[str],
    ) -> None:
        frame = batch.frame if self._packed is None else self._packed.unpacked(batch.frame)[0]
        for name, positions in fields.items():
            kind = self.profile.kind(name)
            for position in positions:
                column = cleaning.blank_to_null(frame[str(position)])
                if kind in _NUMERIC_KINDS:
                    separators.add(column)
                    if kind == "money" and len(money) < 2000:
                        money += column.drop_nulls().head(200).to_list()
                elif name not in evidence or evidence[name].open:
                    found = dates.order_evidence(column)
                    if name not in evidence or not found.open:
                        evidence[name] = found

    def _decide(
        self, separators: numbers.SeparatorEvidence, evidence: dict[str, dates.OrderEvidence], money: list[str]
    ) -> None:
        chosen = self.conventions
        chosen.zone = self.profile.zone
        chosen.currency = (
            self.settings.currency
            or self.reading.stated_currency
            or numbers.currency_of(money)
            or self.profile.currency
        )
        chosen.decimal = self.profile.decimal or separators.decimal(chosen.currency)
        if separators.comma_decimal and separators.point_decimal:
            chosen.notes.append(
                f"Amounts are written in two ways; “{chosen.decimal}” was read as the decimal sign "
                f"({separators.point_decimal} values speak for the point, {separators.comma_decimal} for the comma)."
            )
        settled = {e.order for e in evidence.values() if e.order}
        for name, found in evidence.items():
            stated = self.settings.date_order or self.profile.fields[name].order or self.profile.date_order
            if found.order and not self.settings.date_order:
                order = found.order
            elif stated:
                order = stated
            elif len(settled) == 1:
                order = next(iter(settled)) or "dmy"
            elif found.sorted_as:
                order = found.sorted_as
                chosen.notes.append(f"{name}: {_ORDER_WORDS[order]}, because the rows then run through time in order.")
            elif found.open:
                order = "mdy" if found.month_first > found.day_first or chosen.currency == "USD" else "dmy"
                column = self._names[self.match.columns[name][0]]
                question = f"{column}: is {found.example} day first or month first?"
                if self.settings.accept:
                    chosen.notes.append(f"{question} It was read with the {_ORDER_WORDS[order]}, as accepted.")
                else:
                    chosen.questions.append(question)
            else:
                order = "dmy"
            chosen.orders[name] = order

    # -- cleaning ----------------------------------------------------------------------------------------------------

    def rows(self, batch: Batch) -> Rows:
        """One batch as rows of the home tables."""
        import polars as pl

        raw = batch.frame.with_columns(batch.lines.alias("line"))
        rejects = [Reject(line, reason, cells) for line, cells, reason in batch.ragged]
        if batch.short:
            self.flagged["rows end before the header does; their missing cells were read as empty"] += batch.short
        raw, stray = take_out(raw, self.reading_match, self.reading.names)
        for line in self.reading.table.filled(stray.empty):
            stray.lines[line] = "nothing in the columns that are kept"
        self._totals += stray.totals
        self._stated += stray.stated
        self._counts += stray.counts
        read = raw.height + len(rejects)
        if self._packed is not None:
            raw, whole = self._packed.unpacked(raw)
            if whole:
                self.flagged[f"{self._names[self._packed.position]}: a packed cell could not be unpacked"] += whole
        cleaned: dict[str, pl.Series] = {}
        reasons: pl.Series | None = None
        asides: dict[str, pl.Series] = {}
        for name, rule in self.profile.fields.items():
            column = self._cells(raw, name, rule)
            kind = self.profile.kind(name)
            if column is None:
                cleaned[name] = pl.Series(name, [None] * raw.height, dtype=_dtype(kind))
                if name == "status":
                    cleaned["status_original"] = pl.Series("status_original", [None] * raw.height, dtype=pl.String)
                continue
            order = self.conventions.orders.get(name, "dmy")
            result = cleaning.clean(
                column, kind, decimal=self.conventions.decimal, order=order, zone=self.conventions.zone
            )
            cleaned[name] = result.values.rename(name)
            if name == "status":
                cleaned["status_original"] = cleaning.text(column).values.rename("status_original")
            if result.repaired:
                self.flagged[f"{name}: “.0” taken off numbers a spreadsheet had touched"] += result.repaired
            if result.failed is not None:
                failed = result.failed.fill_null(False)
                if name in CORE or rule.required:
                    said = self._reason(name, column, result.problem)
                    reasons = _first_reason(reasons, failed, said)
                else:
                    self.flagged[f"{name}: a cell that {result.problem} is kept as it is"] += int(failed.sum())
                    asides[name] = (
                        pl.DataFrame({"v": column, "f": failed})
                        .select(pl.when(pl.col("f")).then(pl.col("v")).alias(name))
                        .to_series()
                    )
                    cleaned[name] = cleaned[name].set(failed, None)
            if rule.required:
                missing = cleaned[name].is_null()
                if missing.any():
                    said = pl.Series([f"no {self._names[self.match.columns[name][0]]}"] * raw.height)
                    reasons = _first_reason(reasons, missing, said)
        if "reviews" in self.profile.tables:
            silent = pl.select(pl.all_horizontal(cleaned[n].is_null() for n in _SAYING if n in cleaned)).to_series()
            if silent.any():
                reasons = _first_reason(reasons, silent, pl.Series(["neither text nor stars"] * raw.height))
        self._count_masked(cleaned)
        for position in self._shown:
            self._shown_words |= set(raw[str(position)].drop_nulls().str.strip_chars().str.to_lowercase().unique())
        frame = pl.DataFrame(list(cleaned.values())).with_columns(raw["line"], self._extra_json(raw, asides))
        if self._locations:
            frame = frame.with_columns(raw[str(i)].alias(f"_at_{i}") for i in self._locations)
        if reasons is not None and reasons.is_not_null().any():
            bad = reasons.is_not_null()
            if self._packed is not None:
                bad = raw["line"].is_in(raw["line"].filter(bad).implode())
                reasons = reasons.fill_null("another item of this row is wrong")
            width = len(self.reading.names)
            rejects += [
                Reject(row["line"], reason, tuple(row.get(str(i)) for i in range(width)))
                for row, reason in zip(raw.filter(bad).iter_rows(named=True), reasons.filter(bad), strict=True)
            ]
            frame = frame.filter(~bad)
        apart: list[dict[str, Any]] = []
        if self.profile.joined is not None:
            frame, apart = grain.divide_joined(frame, self.profile.joined)
        self._add_up(frame, read)
        tables, duplicate = self._tables(frame)
        differences, stated = self._check(frame)
        return Rows(tables, rejects, sorted(stray.lines.items()), read, differences + apart, stated, duplicate)

    def _cells(self, raw: pl.DataFrame, name: str, rule: Field) -> pl.Series | None:
        positions = self.match.columns.get(name)
        if positions is None:
            return None
        if len(positions) == 1:
            return raw[str(positions[0])].rename(name)
        import polars as pl

        parts = [cleaning.blank_to_null(raw[str(p)]) for p in positions]
        frame = pl.DataFrame([part.rename(str(i)) for i, part in enumerate(parts)])
        if rule.join is not None:
            joined = pl.concat_str(pl.all(), separator=rule.join, ignore_nulls=True)
            return cleaning.blank_to_null(frame.select(joined.alias(name)).to_series())
        return frame.select(pl.coalesce(pl.all()).alias(name)).to_series()

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

    def _extra_json(self, raw: pl.DataFrame, asides: dict[str, pl.Series]) -> pl.Series:
        """Cells that no column here has a home for, as one JSON object a row; null where there are none."""
        import polars as pl

        columns = {self.reading.names[i]: raw[str(i)] for i in self._extra}
        columns |= {self._names[self.match.columns[name][0]]: cells for name, cells in asides.items()}
        parts, data = [], {}
        for number, (name, cells) in enumerate(columns.items()):
            cells = cleaning.blank_to_null(cells)
            if cells.null_count() == len(cells):
                continue
            cells = cells.str.strip_chars()
            if cells.str.contains(r'["\\\x00-\x1f]').any():
                escaped = cells.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
                cells = escaped.str.replace_all("\n", "\\n", literal=True).str.replace_all("\t", "\\t", literal=True)
                cells = cells.str.replace_all(r"[\x00-\x1f]", " ")
            data[str(number)] = cells
            prefix = json.dumps(name, ensure_ascii=False) + ': "'
            parts.append(pl.concat_str(pl.lit(prefix), pl.col(str(number)), pl.lit('"')))
        if not parts:
            return pl.Series("extra", [None] * raw.height, dtype=pl.String)
        joined = pl.concat_str(parts, separator=", ", ignore_nulls=True)
        return (
            pl.DataFrame(data)
            .select(pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).alias("extra"))
            .to_series()
        )

    # -- grain -------------------------------------------------------------------------------------------------------

    def _tables(self, frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], int]:
        import polars as pl

        tables, duplicate = {}, 0
        for table, rule in self.profile.tables.items():
            source = self._spread(frame) if rule.spread else frame
            if rule.omitted and rule.where:
                left_out = frame.filter(~pl.sql_expr(rule.where).fill_null(False)).height
                if left_out:
                    self.flagged[rule.omitted] += left_out
            rows = grain.rows_of(table, self.profile, source, self.conventions.currency)
            tables[table], dropped = self._keyed(table, rule, rows)
            if table == self.profile.main_table:
                duplicate += dropped
        marked = tables.get("orders", frame)
        if "status" in marked.columns and (shown := int((marked["status"] == BRUSHING).sum())):
            self.flagged[f"orders placed for show by the seller’s own remark, kept with the status “{BRUSHING}”"] += (
                shown
            )
        return tables, duplicate

    def _spread(self, frame: pl.DataFrame) -> pl.DataFrame:
        """One row per location column: the location's name and what is on hand there; places that hold none are left out."""
        import polars as pl

        parts = []
        for position in self._locations:
            column = f"_at_{position}"
            read = cleaning.number(cleaning.blank_to_null(frame[column]), self.conventions.decimal)
            part = frame.with_columns(
                pl.lit(self.reading.names[position]).alias("_location"), read.values.alias("_on_hand")
            )
            parts.append(part.filter(pl.col("_on_hand").is_not_null()))
        if not parts:
            return frame.head(0).with_columns(
                pl.lit(None, dtype=pl.String).alias("_location"), pl.lit(None, dtype=pl.Float64).alias("_on_hand")
            )
        return pl.concat(parts).sort("line", maintain_order=True)

    def _keyed(self, table: str, rule: TableRule, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Give each row its identity across imports; rows repeated within the file are dropped or numbered."""
        mapped = self.reading.mapped is not None
        rows = rows.with_columns(grain.keys(table, rule, rows, self.namespace, mapped=mapped).alias("row_key"))
        dropped = 0
        if rows.is_empty():
            return rows, dropped
        if not rule.one_per:
            again = self._again(table, rule, rows)
            if again is not None:
                dropped = int(again.sum())
                rows = rows.filter(~again)
            rows = self._numbered(table, rows)
        return rows, dropped

    def _again(self, table: str, rule: TableRule, rows: pl.DataFrame) -> pl.Series | None:
        """Rows that say once more, here or in a later batch, what an earlier row of the file said; None when none do.

        A thing (a product, a customer, a review) is the same thing; so is an order line with an id of its own. Other
        events may happen twice in the same words.
        """
        import polars as pl

        repeat = rule.repeat or ("drop" if table in grain.THINGS else "ordinal")
        own = [pl.col("line_id").is_not_null()] if "line_id" in rows.columns and rule.repeat is None else []
        if repeat != "drop" and not own:
            return None
        if table == "reviews":
            # Two customers may write the same words: without an author or an id a repeated text is a further review.
            own = [pl.col(c).is_not_null() for c in ("review_id", "author", "email") if c in rows.columns]
            own = own or [pl.lit(False)]
        elif repeat == "drop":
            own = [pl.lit(True)]
        content = rows.drop("line").hash_rows(seed=0)
        before = self._contents.get(table)
        again = ~content.is_first_distinct()
        if before is not None:
            again = again | content.is_in(before.implode())
        self._contents[table] = content if before is None else pl.concat([before, content])
        again = again & rows.select(pl.any_horizontal(own)).to_series()
        return again if again.any() else None

    def _numbered(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Number rows that share a key, across batches (which are remembered by the keys' hashes)."""
        import polars as pl

        hashes = rows["row_key"].hash().alias("hash")
        before = self._seen.get(table)
        repeated = bool(hashes.is_duplicated().any())
        if before is not None and not repeated:
            repeated = bool(hashes.is_in(before["hash"].implode()).any())
        if repeated:
            rows = rows.with_columns(hashes)
            if before is None:
                rows = rows.with_columns(n=pl.lit(0, dtype=pl.UInt32))
            else:
                earlier = before.group_by("hash").agg(pl.col("n").sum())
                rows = rows.join(earlier, on="hash", how="left", maintain_order="left")
            number = pl.col("n").fill_null(0) + pl.int_range(pl.len()).over("hash")
            rows = rows.with_columns(
                pl.when(number > 0)
                .then(pl.concat_str(pl.col("row_key"), pl.lit("#"), (number + 1).cast(pl.String)))
                .otherwise(pl.col("row_key"))
                .alias("row_key")
            ).drop("hash", "n")
        seen = pl.DataFrame({"hash": hashes, "n": pl.Series([1], dtype=pl.UInt32).new_from_index(0, len(hashes))})
        self._seen[table] = seen if before is None else pl.concat([before, seen])
        return rows

    # -- reconciling -------------------------------------------------------------------------------------------------

    def _add_up(self, frame: pl.DataFrame, read: int) -> None:
        import polars as pl

        self._read += read
        for stray in self.profile.stray:
            for sql in stray.totals.values():
                self._sums_of[sql] += float(frame.select(pl.sql_expr(sql).sum()).item() or 0.0)
        if self.profile.group:
            return
        for name in self.match.columns:
            if self.profile.kind(name) in _NUMERIC_KINDS:
                self._sums[name] += float(frame[name].sum())

    def reconcile(self) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Compare the file's own totals rows and record counts with what was read, after the last batch.

        Returns:
            Differences, and the totals the file states.
        """
        import polars as pl

        if self._shown_words - {""} and self._shown_words <= _SHOWN | {""}:
            self.conventions.notes.append(
                "Only published reviews are in this file: ratings may look better here than all customers’ would."
            )
        differences: list[dict[str, Any]] = []
        stated: dict[str, float] = {}
        claims = [(row, name, self._sums[name]) for row in self._totals for name in self._sums]
        claims += [(row, name, self._sums_of[sql]) for names, row in self._stated for name, sql in names.items()]
        for row, name, loaded in claims:
            position = self.match.columns[name][0] if name in self.match.columns else None
            cell = row.get(str(position))
            value = numbers.read(pl.Series([cell], dtype=pl.String), self.conventions.decimal)[0]
            if value is None or position is None or "%" in (cell or ""):
                continue
            stated[name] = value
            if abs(value - loaded) > 0.011:
                what = self._names[position]
                differences.append({"line": row["line"], "what": what, "file": value, "loaded": round(loaded, 2)})
        for line, count in self._counts:
            stated["rows"] = float(count)
            if count != self._read:
                differences.append({"line": line, "what": "rows", "file": count, "loaded": self._read})
        return differences, stated

    def _check(self, frame: pl.DataFrame) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Compare what the file states per group with what its rows add up to, group by group."""
        import polars as pl

        differences: list[dict[str, Any]] = []
        stated: dict[str, float] = {}
        group = [name for name in self.profile.group if name in frame.columns]
        for check in self.profile.check:
            if not group or frame.is_empty():
                continue
            firsts = pl.sql_expr(check.stated)
            sums = pl.sql_expr(check.loaded)
            per = frame.select(*group, "line", stated=firsts, loaded=sums)
            per = per.group_by(group, maintain_order=True).agg(
                pl.col("stated").first(ignore_nulls=True), pl.col("loaded").sum(), pl.col("line").first()
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
                    "line": row["line"],
                    "row": "|".join(str(row[name]) for name in group),
                    "what": check.what,
                    "file": round(row["stated"], 2),
                    "loaded": round(row["loaded"], 2),
                }
                for row in off.iter_rows(named=True)
            ]
        return differences, stated


_ORDER_WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def _after(held: Batch, batch: Batch) -> Batch:
    import polars as pl

    return Batch(pl.concat([held.frame, batch.frame]), pl.concat([held.lines, batch.lines]), batch.ragged, batch.short)


def _string() -> type[pl.DataType]:
    import polars as pl

    return pl.String


def _dtype(kind: str) -> type[pl.DataType]:
    import polars as pl

    if kind in ("money", "number", "stars"):
        return pl.Float64
    return pl.Int64 if kind == "flag" else pl.String


def _first_reason(reasons: pl.Series | None, where: pl.Series, said: pl.Series) -> pl.Series:
    import polars as pl

    now = pl.DataFrame({"w": where, "s": said}).select(pl.when(pl.col("w")).then(pl.col("s"))).to_series()
    if reasons is None:
        return now
    return pl.DataFrame({"a": reasons, "b": now}).select(pl.coalesce("a", "b")).to_series()
