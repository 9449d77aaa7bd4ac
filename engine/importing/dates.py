"""Dates as exports write them, read a whole column at a time.

The order of day and month is decided from all values of a column, never from the machine's locale, and never guessed:
when no value, no other column and no order of the rows settles it, the seller is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MONTHS = {
    1: "jan january januar jänner enero ene janvier janv gennaio gen janeiro januari tammikuu styczeń stycznia sty ocak 一月",
    2: "feb february februar febrero février févr fév febbraio fevereiro fev februari luty lutego şubat 二月",
    3: "mar march märz mär mrz marzo mars março maart mrt marzec marca mart maret 三月",
    4: "apr april abril abr avril avr aprile kwiecień kwietnia kwi nisan 四月",
    5: "may mai mayo maggio mag maio mei maj maja mayıs 五月",
    6: "jun june juni junio juin giugno giu junho czerwiec czerwca haziran 六月",
    7: "jul july juli julio juillet juil luglio lug julho lipiec lipca temmuz 七月",
    8: "aug august agosto ago août aoû augustus agustus sierpień sierpnia ağustos 八月",
    9: "sep sept september septiembre septembre settembre set setembro wrzesień września eylül 九月",
    10: "oct october oktober okt octubre octobre ottobre ott outubro out październik października ekim 十月",
    11: "nov november noviembre novembre novembro listopad listopada kasım 十一月",
    12: "dec december dezember dez diciembre dic décembre déc dicembre dezembro desember des grudzień grudnia aralık 十二月",
}
_MONTH_WORDS = {word: str(number) for number, words in MONTHS.items() for word in words.split()}
ZONES = {
    "z": "+00:00", "utc": "+00:00", "gmt": "+00:00", "wet": "+00:00", "bst": "+01:00", "cet": "+01:00", "mez": "+01:00",
    "cest": "+02:00", "mesz": "+02:00", "eet": "+02:00", "eest": "+03:00", "msk": "+03:00", "ist": "+05:30",
    "jst": "+09:00", "kst": "+09:00", "aest": "+10:00", "aedt": "+11:00", "nzst": "+12:00", "nzdt": "+13:00",
    "est": "-05:00", "edt": "-04:00", "cst": "-06:00", "cdt": "-05:00", "mst": "-07:00", "mdt": "-06:00",
    "pst": "-08:00", "pdt": "-07:00", "brt": "-03:00", "wib": "+07:00", "sgt": "+08:00", "hkt": "+08:00", "sast": "+02:00",
}  # fmt: skip
_TIME = (
    r"(?:[\sT,]*(?P<half_before>上午|下午)?[\sT,]*(?P<hour>\d{1,2})[:时.](?P<minute>\d{2})(?:[:分.](?P<second>\d{2}))?秒?"
    r"(?:[.,]\d+)?\s*(?P<half>[aApP]\.?\s?[mM]\.?|上午|下午)?\s*(?:(?:hs|hrs|[Uu]hr)\b\.?)?\s*"
    r"(?P<zone>Z|(?:UTC|GMT)?\s*[+-]\d{1,2}:?\d{0,2}|[A-Za-z]{2,5})?(?:\s*\([^)]*\))?)?\s*$"
)
_WEEKDAY = r"^\s*(?:(?:[A-Za-zÀ-ÿ]{2,10}\.?,\s*)|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+)|周.\s*|星期.\s*)?"
_YEAR_FIRST = r"^\s*(?P<y>\d{4})[-/.年]\s?(?P<m>\d{1,2})[-/.月]\s?(?P<d>\d{1,2})日?" + _TIME
_COMPACT = (
    r"^\s*(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[T\s]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2}))?Z?\s*$"
)
_NUMERIC = r"^\s*(?P<a>\d{1,2})(?P<separator>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME
_MONTH_FIRST = (
    _WEEKDAY + r"(?P<month>[^\W\d_]{3,12})\.?[-\s]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[-,\s]+(?P<y>\d{4}|\d{2})" + _TIME
)
_DAY_FIRST = (
    _WEEKDAY
    + r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.|er|º)?[-\s/]+(?:de\s+)?(?P<month>[^\W\d_]{2,12})\.?[-\s,/]+(?:de\s+)?(?P<y>\d{4}|\d{2})"
    + _TIME
)
_EMPTY = r"^0{4}-00-00.*$"


@dataclass(frozen=True)
class OrderEvidence:
    """What a column says about the order of day and month: values only one order can read, and the sequence of rows."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    sorted_as: str | None = None
    example: str | None = None

    @property
    def order(self) -> str | None:
        """The order its own values settle, if they do."""
        if self.day_first and not self.month_first:
            return "dmy"
        if self.month_first and not self.day_first:
            return "mdy"
        return None

    @property
    def open(self) -> bool:
        """Whether there are numeric dates whose order these values do not settle."""
        return bool(self.either or (self.day_first and self.month_first)) and self.order is None


def order_evidence(column: pl.Series) -> OrderEvidence:
    """Look for day and month order in a column of text."""
    import polars as pl

    texts = column.drop_nulls()
    texts = texts.filter(texts.str.contains(_NUMERIC))
    if texts.is_empty():
        return OrderEvidence()
    parts = _groups(texts, _NUMERIC)
    a, b = parts["a"].cast(pl.Int32), parts["b"].cast(pl.Int32)
    both = (a <= 12) & (b <= 12) & (a != b)
    return OrderEvidence(
        day_first=int((a > 12).sum()),
        month_first=int((b > 12).sum()),
        either=int(both.sum()),
        sorted_as=_sorted_as(_year(parts["y"]), a, b),
        example=str((texts.filter(both) if both.any() else texts).first()),
    )


def _sorted_as(year: pl.Series, a: pl.Series, b: pl.Series) -> str | None:
    """The order under which at least 20 rows run through time in one direction, if the other one does not."""
    if len(a) < 20:
        return None
    smooth = {}
    for order, (month, day) in (("mdy", (a, b)), ("dmy", (b, a))):
        steps = (year * 10_000 + month * 100 + day).diff().drop_nulls()
        turns = min(int((steps < 0).sum()), int((steps > 0).sum()))
        smooth[order] = turns <= 0.02 * len(steps)
    if smooth["mdy"] == smooth["dmy"]:
        return None
    return "mdy" if smooth["mdy"] else "dmy"


def read(column: pl.Series, order: str = "dmy", *, zone: str | None = None) -> pl.Series:
    """Dates and moments as ISO text: `2026-03-15`, or `2026-03-15T10:00:00+01:00` as far as the file states it.

    Args:
        column: text; nulls stay null.
        order: how numeric dates with the year last are read: `dmy`, `mdy` or `ymd` (two-digit years first).
        zone: offset of moments that state none.

    Returns:
        Null where a value is no date.
    """
    import polars as pl

    quick = _quick(column, zone)
    if quick is not None:
        return quick
    texts = column.str.normalize("NFKC").str.strip_chars(" \t'\"")
    done = pl.Series(column.name, [None] * len(column), dtype=pl.String)
    if not texts.str.contains(r"\d").any():
        return done
    for pattern in (_YEAR_FIRST, _NUMERIC, _MONTH_FIRST, _DAY_FIRST, _COMPACT):
        wanted = done.is_null() & texts.is_not_null()
        if not wanted.any():
            break
        matching = (wanted & texts.str.contains(pattern)).fill_null(False)
        if matching.any():
            found = _assemble(_groups(texts.filter(matching), pattern), order, zone)
            positions = matching.arg_true()
            done = done.scatter(positions, found)
    left = done.is_null() & texts.is_not_null()
    if left.any():
        done = done.scatter(left.arg_true(), _serials(texts.filter(left)))
    return done.rename(column.name)


def is_empty(column: pl.Series) -> pl.Series:
    """Which values are a platform's word for "no date" (`0000-00-00`)."""
    return column.str.contains(_EMPTY).fill_null(False)


def _quick(column: pl.Series, zone: str | None) -> pl.Series | None:
    """ISO columns of one width, by slicing; None when any value is written otherwise."""
    import polars as pl

    widths = column.str.len_bytes().drop_nulls().unique().to_list()
    if len(widths) != 1 or widths[0] not in (10, 19, 25):
        return None
    width = widths[0]
    shape = (
        r"^\d{4}-\d\d-\d\d"
        + ("" if width == 10 else r"[ T]\d\d:\d\d:\d\d")
        + (r" [+-]\d{4}" if width == 25 else "")
        + "$"
    )
    if not column.str.contains(shape).all(ignore_nulls=True):
        return None
    day = column.str.slice(0, 10)
    if day.str.to_date("%Y-%m-%d", strict=False).null_count() != column.null_count():
        return None
    if width == 10:
        return column
    frame = pl.DataFrame({"v": column})
    v = pl.col("v").str
    parts = [v.slice(0, 10), pl.lit("T"), v.slice(11, 8)]
    if width == 25:
        parts += [v.slice(20, 3), pl.lit(":"), v.slice(23, 2)]
    elif zone:
        parts.append(pl.lit(zone))
    return frame.select(pl.concat_str(parts).alias(column.name)).to_series()


def _groups(texts: pl.Series, pattern: str) -> pl.DataFrame:
    return texts.str.extract_groups(pattern).struct.unnest()


def _year(text: pl.Series) -> pl.Series:
    import polars as pl

    year = text.cast(pl.Int32, strict=False)
    return pl.select(pl.when(year < 100).then(year + 2000).otherwise(year)).to_series()


def _assemble(parts: pl.DataFrame, order: str, zone: str | None) -> pl.Series:
    """ISO text from captured groups; null where they make no date."""
    import polars as pl

    names = parts.columns
    if "a" in names:
        first, second, third = pl.col("a"), pl.col("b"), pl.col("y")
        dmy = pl.concat_list(third, second, first)
        mdy = pl.concat_list(third, first, second)
        ymd = pl.concat_list(first, second, third)
        if order == "mdy":
            picked = mdy
        elif order == "ymd":
            picked = pl.when(third.str.len_chars() == 4).then(dmy).otherwise(ymd)
        else:
            picked = dmy
        parts = parts.with_columns(picked.alias("_ymd")).with_columns(
            y=pl.col("_ymd").list.get(0), m=pl.col("_ymd").list.get(1), d=pl.col("_ymd").list.get(2)
        )
    elif "month" in names:
        month = pl.col("month").str.to_lowercase().replace_strict(_MONTH_WORDS, default=None, return_dtype=pl.String)
        parts = parts.with_columns(m=month)
    year = pl.col("y").cast(pl.Int32, strict=False)
    year = pl.when(year < 100).then(year + 2000).otherwise(year).cast(pl.String)
    day = pl.concat_str(year, pl.lit("-"), pl.col("m").str.zfill(2), pl.lit("-"), pl.col("d").str.zfill(2))
    day = day.str.to_date("%Y-%m-%d", strict=False).dt.to_string("%Y-%m-%d")
    if "hour" not in parts.columns:
        return parts.select(day).to_series()
    hour, second = _hour(parts.columns), pl.col("second").fill_null("00") if "second" in parts.columns else pl.lit("00")
    clock = pl.concat_str(
        pl.lit("T"),
        hour.cast(pl.String).str.zfill(2),
        pl.lit(":"),
        pl.col("minute"),
        pl.lit(":"),
        second,
        _offset(parts.columns, zone),
    )
    valid = (hour < 24) & (pl.col("minute").cast(pl.Int32) < 60)
    moment = pl.when(pl.col("hour").is_null()).then(day).when(valid).then(day + clock).otherwise(None)
    return parts.select(moment).to_series()


def _hour(names: list[str]) -> pl.Expr:
    """The hour of a day of 24, from one of twice 12 where its half is stated."""
    import polars as pl

    half = pl.lit(None, dtype=pl.String)
    for name in ("half", "half_before"):
        if name in names:
            half = pl.coalesce(half, pl.col(name))
    hour = pl.col("hour").cast(pl.Int32)
    afternoon = half.str.to_lowercase().str.starts_with("p") | (half == "下午")
    return (
        pl.when(afternoon & (hour < 12))
        .then(hour + 12)
        .when(half.is_not_null() & ~afternoon & (hour == 12))
        .then(0)
        .otherwise(hour)
    )


def _offset(names: list[str], zone: str | None) -> pl.Expr:
    """The zone that a value states, else the file's."""
    import polars as pl

    offset = pl.lit(None, dtype=pl.String)
    if "zone" in names:
        stated = pl.col("zone").str.to_lowercase().str.replace_all(r"\s", "")
        numeric = stated.str.replace(r"^(utc|gmt)", "").str.extract_groups(
            r"^(?P<s>[+-])(?P<h>\d{1,2}):?(?P<m>\d{2})?$"
        )
        fields = numeric.struct
        offset = pl.coalesce(
            pl.concat_str(
                fields.field("s"), fields.field("h").str.zfill(2), pl.lit(":"), fields.field("m").fill_null("00")
            ),
            stated.replace_strict(ZONES, default=None, return_dtype=pl.String),
        )
    return pl.coalesce(offset, pl.lit(zone, dtype=pl.String)).fill_null("")


def _serials(texts: pl.Series) -> pl.Series:
    """Spreadsheet serial days (from 1899-12-30) and Unix times, in the range of 1990 to 2079."""
    import polars as pl

    number = texts.cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"n": number})
    n = pl.col("n")
    serial = (n >= 32_874) & (n < 65_746)
    whole = (pl.lit("1899-12-30").str.to_date("%Y-%m-%d") + pl.duration(days=n.floor())).dt.to_string("%Y-%m-%d")
    seconds = pl.when(n >= 1e12).then(n / 1000).otherwise(n)
    unix = (n >= 631_152_000) & (n < 3_471_292_800) | (n >= 631_152_000_000) & (n < 3_471_292_800_000)
    moment = pl.from_epoch(seconds.cast(pl.Int64), "s").dt.to_string("%Y-%m-%dT%H:%M:%S+00:00")
    clock = ((n - n.floor()) * 86_400).round().cast(pl.Int64, strict=False)
    timed = whole + (pl.lit("1970-01-01").str.to_datetime("%Y-%m-%d") + pl.duration(seconds=clock)).dt.to_string(
        "T%H:%M:%S"
    )
    return frame.select(
        pl.when(serial & (clock > 0)).then(timed).when(serial).then(whole).when(unix).then(moment).otherwise(None)
    ).to_series()
