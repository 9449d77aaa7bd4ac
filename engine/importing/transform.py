"""From text cells to rows of the home tables: conventions decided, cells cleaned, grain resolved, nothing dropped unsaid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.importing import cleaning, dates, numbers
from engine.importing.delimited import Batch
from engine.importing.profiles import Field, Match, Profile, TableRule, is_ignored, table_columns
from engine.importing.recognise import Reading
from engine.importing.report import ImportSettings

if TYPE_CHECKING:
    import polars as pl

# The moment from which a table's `day` is taken.
MOMENTS = {
    "reviews": "written_at",
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "returns": "returned_at",
    "fees": "posted_at",
}
# Cells without which a row would say something wrong; another cell that cannot be read is set aside, the row stays.
_CORE = (
    "order_id review_id quantity unit_price amount total stars ordered_at written_at returned_at posted_at day on_hand "
    "available impressions clicks spend sales sessions units refund"
)
CORE = frozenset(_CORE.split())
KEYS: dict[str, list[str]] = {
    "orders": ["order_id"],
    "order_lines": ["order_id", "line_id", "sku", "product_id", "product_name", "variant"],
    "products": ["product_id"],
    "variants": ["product_id", "sku", "option1", "option2", "option3"],
    "stock": ["product_id", "sku", "variant", "location", "condition", "day"],
    "returns": ["order_id", "sku", "product_id", "returned_at"],
    "ads": ["day", "day_to", "campaign", "ad_group", "ad", "keyword", "search_term", "match"],
    "coupons": ["coupon_id", "code", "name", "starts"],
    "sessions": ["day", "day_to", "parent_id", "product_id", "sku", "channel", "page"],
    "customers": ["customer_id", "email", "name"],
}
# Tables whose rows are things, not events: the same row again is the same thing.
_DROPPED = ("reviews", "products", "customers", "orders", "variants")
_SAYING = ("text", "body", "title", "stars")
_SUBJECT = ("sku", "product_id", "product_name")
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
        self.settings = settings
        self.namespace = namespace
        self.conventions = Conventions()
        self.flagged: Counter[str] = Counter()
        self._used = {position for positions in self.match.columns.values() for position in positions}
        self._extra = [
            i for i, name in enumerate(reading.names) if i not in self._used and not is_ignored(self.profile, name)
        ]
        self.positions = sorted(self._used | set(self._extra))
        self._seen: dict[str, pl.DataFrame] = {}
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
        other = (key != key[-1]).fill_null(True)
        cut = int(other.arg_true()[-1]) + 1 if other.any() else 0
        if cut in (0, batch.frame.height):
            return batch, None
        return (
            Batch(batch.frame.head(cut), batch.lines.head(cut), batch.ragged),
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
            wanted = sorted({p for positions in fields.values() for p in positions})
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
        for name, positions in fields.items():
            kind = self.profile.kind(name)
            for position in positions:
                column = cleaning.blank_to_null(batch.frame[str(position)])
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
                column = self.reading.names[self.match.columns[name][0]]
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
        raw, skipped = self._without_stray(raw)
        read = raw.height + len(rejects)
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
                    said = pl.Series([f"no {self.reading.names[self.match.columns[name][0]]}"] * raw.height)
                    reasons = _first_reason(reasons, missing, said)
        if "reviews" in self.profile.tables:
            silent = pl.select(pl.all_horizontal(cleaned[n].is_null() for n in _SAYING if n in cleaned)).to_series()
            if silent.any():
                reasons = _first_reason(reasons, silent, pl.Series(["neither text nor stars"] * raw.height))
        self._count_masked(cleaned)
        frame = (
            pl.DataFrame(list(cleaned.values()) or [pl.Series("line", [], dtype=pl.Int64)])
            if cleaned
            else pl.DataFrame()
        )
        frame = frame.with_columns(raw["line"], self._extra_json(raw, asides))
        if reasons is not None and reasons.is_not_null().any():
            bad = reasons.is_not_null()
            width = len(self.reading.names)
            rejects += [
                Reject(row["line"], reason, tuple(row.get(str(i)) for i in range(width)))
                for row, reason in zip(raw.filter(bad).iter_rows(named=True), reasons.filter(bad), strict=True)
            ]
            frame = frame.filter(~bad)
        tables, duplicate = self._tables(frame)
        differences, stated = self._check(frame)
        return Rows(tables, rejects, skipped, read, differences, stated, duplicate)

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

        label = self.reading.names[self.match.columns[name][0]]
        cell = pl.col("v").str.slice(0, 40)
        return (
            pl.DataFrame({"v": column})
            .select(pl.concat_str(pl.lit(f"{label}: “"), cell, pl.lit(f"” {problem}")))
            .to_series()
        )

    def _without_stray(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
        """Take out blank lines, repeated headers, footers and totals rows, each with its reason."""
        import polars as pl

        skipped: list[tuple[int, str]] = []
        cells = [c for c in raw.columns if c != "line"]
        key = self._required_position()
        # A row without its required cell may be blank or a note; only those are looked at closely.
        suspects = (
            raw.filter(pl.col(str(key)).is_null() | (pl.col(str(key)).str.strip_chars() == ""))
            if key is not None
            else raw
        )
        if suspects.height:
            blank = suspects.filter(
                pl.all_horizontal(pl.col(c).is_null() | (pl.col(c).str.strip_chars() == "") for c in cells)
            )
            if blank.height:
                raw = raw.filter(~pl.col("line").is_in(blank["line"].implode()))
        label = str(key) if key is not None else cells[0]
        header = self.reading.names[int(label)]
        again = raw.filter(pl.col(label).str.strip_chars() == header)
        lines: dict[int, str] = {line: "the header again" for line in again["line"]}
        for stray in self.profile.stray:
            position = self.match.columns[stray.field][0] if stray.field and stray.field in self.match.columns else None
            looked = [str(position)] if position is not None else cells[:1]
            for column in looked:
                hits = raw.filter(pl.col(column).str.contains(stray.pattern))
                lines |= {line: stray.reason for line in hits["line"]}
        if lines:
            skipped = sorted(lines.items())
            raw = raw.filter(~pl.col("line").is_in(list(lines)))
        return raw, skipped

    def _required_position(self) -> int | None:
        for name, rule in self.profile.fields.items():
            if rule.required and name in self.match.columns:
                return self.match.columns[name][0]
        return None

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
        columns |= {self.reading.names[self.match.columns[name][0]]: cells for name, cells in asides.items()}
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
        tables, duplicate = {}, 0
        for table, rule in self.profile.tables.items():
            rows = self._rows_of(table, rule, frame)
            rows, dropped = self._keyed(table, rule, rows)
            tables[table] = rows
            duplicate += dropped
        return tables, duplicate

    def _rows_of(self, table: str, rule: TableRule, frame: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        known = table_columns(table)
        columns = rule.columns or [name for name in known if name in frame.columns]
        if "status" in columns and "status_original" in known and "status_original" not in columns:
            columns = [*columns, "status_original"]
        columns = [name for name in columns if name in frame.columns and name not in rule.set and name not in rule.sum]
        group = [name for name in rule.one_per or self.profile.group if name in frame.columns]
        if rule.fill and group:
            fills = [name for name in rule.fill if name in frame.columns]
            if "status" in fills:
                fills.append("status_original")
            firsts = frame.group_by(group, maintain_order=True).agg(pl.col(fills).first(ignore_nulls=True))
            frame = frame.drop(fills).join(firsts, on=group, how="left", maintain_order="left")
        if rule.where and not rule.one_per:
            frame = frame.filter(pl.sql_expr(rule.where))
        expressions = [pl.col(name) for name in columns]
        expressions += [_typed(pl.sql_expr(sql), table, name).alias(name) for name, sql in rule.set.items()]
        expressions += [pl.sql_expr(sql).alias(name) for name, sql in rule.sum.items()]
        keep = [name for name in group if rule.one_per and name not in columns and name not in rule.set]
        with_extra = [pl.col("extra")] if table == self.profile.main_table else []
        rows = frame.select([*expressions, *with_extra, pl.col("line"), *keep])
        if rule.one_per:
            sums = list(rule.sum)
            firsts_of = [c for c in rows.columns if c not in group and c not in sums and c != "line"]
            rows = rows.group_by(group, maintain_order=True).agg(
                pl.col(firsts_of).first(ignore_nulls=True),
                pl.col("line").first(),
                *(pl.when(pl.col(s).count() > 0).then(pl.col(s).sum()).alias(s) for s in sums),
            )
            if rule.where:
                rows = rows.filter(pl.sql_expr(rule.where))
            rows = rows.drop(keep)
        return self._completed(table, rows)

    def _completed(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Fill what follows from other columns: day, currency, the whole text of a review, an amount from price and count."""
        import polars as pl

        known = table_columns(table)
        moment = MOMENTS.get(table)
        if "day" in known and "day" not in rows.columns and moment in rows.columns:
            rows = rows.with_columns(pl.col(moment).str.slice(0, 10).alias("day"))
        if "currency" in known and self.conventions.currency:
            stated = pl.col("currency") if "currency" in rows.columns else pl.lit(None, dtype=pl.String)
            rows = rows.with_columns(pl.coalesce(stated, pl.lit(self.conventions.currency)).alias("currency"))
        if table == "reviews":
            rows = _with_text(rows)
        if table == "order_lines":
            rows = _with_amount(rows)
        return rows

    def _keyed(self, table: str, rule: TableRule, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Give each row its identity across imports; rows repeated within the file are dropped or numbered."""
        import polars as pl

        rows = rows.with_columns(self._keys(table, rule, rows).alias("row_key"))
        dropped = 0
        if rows.is_empty():
            return rows, dropped
        doubled = rows["row_key"].is_duplicated()
        if doubled.any() and (rule.repeat or ("drop" if table in _DROPPED else "ordinal")) == "drop":
            content = [c for c in rows.columns if c != "line"]
            again = doubled & ~rows.select(pl.struct(content).is_first_distinct()).to_series()
            if table == "reviews":
                # Two customers may write the same words: without an author or an id a repeated text is a further review.
                named = [pl.col(c).is_not_null() for c in ("review_id", "author", "email") if c in rows.columns]
                again = again & rows.select(pl.any_horizontal([pl.lit(False), *named])).to_series()
            dropped = int(again.sum())
            rows = rows.filter(~again)
        if not rule.one_per:
            rows = self._numbered(table, rows)
        return rows, dropped

    def _keys(self, table: str, rule: TableRule, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        if table == "reviews":
            keys = _review_keys(rows, mapped=self.reading.mapped is not None)
            return (
                pl.DataFrame({"k": keys}).select(pl.concat_str(pl.lit(self.namespace + "|"), pl.col("k"))).to_series()
            )
        names = [n for n in (rule.key or KEYS.get(table, [])) if n in rows.columns]
        if "line_id" in names and rows["line_id"].null_count() == 0:
            names = [n for n in names if n in ("order_id", "line_id")]
        if not names or table == "fees":
            names = [n for n in rows.columns if n not in ("line", "extra")]
        parts = [pl.col(n).cast(pl.String).fill_null("") for n in names if n not in _SUBJECT]
        subject = [pl.col(n) for n in _SUBJECT if n in names]
        if subject:
            # One identifier of the product is enough, and keeps the key short.
            parts.append(pl.coalesce(subject).fill_null(""))
        return rows.select(pl.concat_str([pl.lit(self.namespace), *parts], separator="|")).to_series()

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

    return Batch(pl.concat([held.frame, batch.frame]), pl.concat([held.lines, batch.lines]), batch.ragged)


def _string() -> type[pl.DataType]:
    import polars as pl

    return pl.String


def _dtype(kind: str) -> type[pl.DataType]:
    import polars as pl

    if kind in ("money", "number", "stars"):
        return pl.Float64
    return pl.Int64 if kind == "flag" else pl.String


def _typed(expression: pl.Expr, table: str, name: str) -> pl.Expr:
    import polars as pl

    from engine.importing.profiles import KINDS

    kind = KINDS.get(name, "text")
    if kind in ("money", "number", "stars"):
        return expression.cast(pl.Float64)
    return expression if kind == "flag" else expression.cast(pl.String)


def _first_reason(reasons: pl.Series | None, where: pl.Series, said: pl.Series) -> pl.Series:
    import polars as pl

    now = pl.DataFrame({"w": where, "s": said}).select(pl.when(pl.col("w")).then(pl.col("s"))).to_series()
    if reasons is None:
        return now
    return pl.DataFrame({"a": reasons, "b": now}).select(pl.coalesce("a", "b")).to_series()


def _with_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`text` is title and body as one; a title that the body already says is not repeated."""
    import polars as pl

    null = pl.lit(None, dtype=pl.String)
    body = pl.col("body") if "body" in rows.columns else null
    if "text" in rows.columns:
        body = pl.coalesce(body, pl.col("text"))
    title = pl.col("title") if "title" in rows.columns else null
    rows = rows.with_columns(body.alias("body"), title.alias("title"))
    said = (
        pl.col("body")
        .str.to_lowercase()
        .str.contains(pl.col("title").str.to_lowercase().str.strip_chars(" .!…"), literal=True)
    )
    whole = (
        pl.when(pl.col("title").is_null() | said.fill_null(False))
        .then(pl.col("body"))
        .when(pl.col("body").is_null())
        .then(pl.col("title"))
        .otherwise(pl.concat_str("title", "body", separator="\n"))
    )
    return rows.with_columns(whole.fill_null("").alias("text"))


def _with_amount(rows: pl.DataFrame) -> pl.DataFrame:
    """Complete quantity, unit price and amount from one another."""
    import polars as pl

    for name in ("quantity", "unit_price", "amount", "discount"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name))
    quantity, price, amount = pl.col("quantity"), pl.col("unit_price"), pl.col("amount")
    computed = quantity * price - pl.col("discount").fill_null(0)
    rows = rows.with_columns(pl.coalesce(amount, computed).alias("amount"))
    per_unit = pl.when(quantity > 0).then((amount + pl.col("discount").fill_null(0)) / quantity)
    return rows.with_columns(pl.coalesce(price, per_unit).round(6).alias("unit_price"))


def _review_keys(rows: pl.DataFrame, *, mapped: bool) -> pl.Series:
    """A review's own id where a platform gives one, else a hash of product, author, date and text.

    In a file without a profile an id may count from one in every file, so that it is hashed together with the rest.
    """
    import hashlib

    import polars as pl

    if "review_id" in rows.columns and not mapped and rows["review_id"].null_count() == 0:
        return rows["review_id"]
    parts = [
        c
        for c in (
            "review_id",
            "order_id",
            "product_id",
            "sku",
            "product_name",
            "author",
            "email",
            "written_at",
            "stars",
            "text",
        )
        if c in rows.columns
    ]
    joined = rows.select(
        pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in parts], separator="\x1f")
    ).to_series()
    return pl.Series([hashlib.blake2b(value.encode(), digest_size=12).hexdigest() for value in joined], dtype=pl.String)
