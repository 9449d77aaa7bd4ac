"""From bytes to UTF-8: which encoding a file is in, decided from its bytes and from the words its header then holds."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputFileError

CHUNK = 8 << 20
LONGEST_LINE = 16 << 20
SAMPLE = 1 << 18
_NAMED_LINES = 20
# A text of so many good characters for each broken one is UTF-8 that was damaged; and so few are a damage, not another kind.
_GOOD_FOR_BROKEN = 3
_FEW = 20
_MOST_ZEROS = 100_000
_SHARE_BROKEN = 500
LEGACY = ("gb18030", "big5", "cp932", "cp949", "cp1252", "cp1251")

_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
# Characters that running Chinese, most of all about goods, can hardly do without.
_FREQUENT = frozenset(
    "的一是了我不在有这个他来到时大地为子你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起"
    "发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世"
    "买卖家商品订单金额价格数量编号时间日期收货地址快递物流店铺质量服务客评满差很便宜包装颜色码件退款付款宝贝用户号称状态"
    "個們來這時會後發對開無問題價錢買賣單號數額貨運訂購"
)
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_CYRILLIC_WORD = re.compile(r"\b[А-ЯЁ]?[а-яё]+\b")
_LATIN = re.compile(r"[À-ÖØ-öø-ÿŠšŽžŸŒœ]")
_LATIN_IN_WORD = re.compile(r"(?<=[A-Za-z])[À-ÖØ-öø-ÿšžœŠŽŒ]|[À-ÖØ-öø-ÿšžœŠŽŒ](?=[a-z])")
_SIGNS = re.compile(r"[€£¥§©®°±²³·¼½¾ªº«»‘’“”–—…•™ ¿¡]")


@dataclass(frozen=True)
class Encoding:
    """An encoding, how many bytes of byte order mark come first, and the next likely one when it is unsure.

    `damaged` are the lines with bytes that are no characters in it; each is replaced by U+FFFD when the file is read.
    """

    name: str
    bom: int = 0
    runner_up: str | None = None
    damaged: tuple[int, ...] = ()

    @property
    def note(self) -> str | None:
        """What the seller should know of damaged characters."""
        if not self.damaged:
            return None
        lines = ", ".join(f"{line:,}" for line in self.damaged[:_NAMED_LINES])
        more = f" and {len(self.damaged) - _NAMED_LINES:,} more" if len(self.damaged) > _NAMED_LINES else ""
        return f"Characters that cannot be read were replaced by “�”: line {lines}{more}."


def detect(path: Path, name: str, words: frozenset[str], forced: str | None = None) -> Encoding:
    """The encoding of a text file.

    A byte order mark decides; then UTF-8 if the whole file is valid; then the legacy encodings, each scored by how
    plausible the sample reads in it and by how many known header words appear.

    Args:
        path: the file.
        name: the file's name for messages.
        words: header words known from profiles.
        forced: the seller's choice, checked but not questioned.

    Raises:
        InputFileError: many NUL bytes, a line longer than `LONGEST_LINE`, UTF-8 cut off in a character, or no encoding fits.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    marked = _byte_order_mark(head)
    if marked is None and forced is None:
        marked = _unmarked_utf16(head)
    wide = (marked is not None and marked.name.startswith("utf-")) and marked.name != "utf-8"
    codec = None if forced is None else _known_codec(forced, name)
    wide = wide or (codec or "").startswith(("utf-16", "utf-32"))
    flaw, zeros = _scan(path, name, wide=wide, utf8=not wide and codec in (None, "utf-8"))
    if len(zeros) > _bearable(path):
        raise InputFileError(
            "there are NUL bytes here, so this is no text file (or it is damaged).",
            file=name,
            line=zeros[0],
            todo="Download it again.",
        )
    damaged = tuple(dict.fromkeys(zeros))
    bom = marked.bom if marked else 0
    if codec is not None:
        if flaw is not None:
            raise InputFileError(
                f"this is not UTF-8 text: byte {flaw.offset + 1:,} is no character.",
                file=name,
                line=flaw.line,
                todo="Choose another encoding, or none, so that it is found out.",
            )
        return Encoding(codec, bom, damaged=damaged)
    if marked is not None and marked.name != "utf-8":
        return marked
    if flaw is None:
        return Encoding("utf-8", bom, damaged=damaged)
    if not flaw.at_end and (mended := _mended(path, zeros, sure=marked is not None)) is not None:
        return Encoding("utf-8", bom, damaged=mended)
    if (flaw.at_end and flaw.multibyte) or marked is not None:
        raise _cut_or_broken(flaw, name)
    return _likeliest(path, name, words, flaw, head, damaged)


def _cut_or_broken(flaw: _Flaw, name: str) -> InputFileError:
    if flaw.at_end:
        what, todo = "the file ends in the middle of a character: it was cut off.", "Download it again."
    else:
        what = f"this is UTF-8 text, but byte {flaw.offset + 1:,} is no character."
        todo = "Save it again as UTF-8, or name its encoding."
    return InputFileError(what, file=name, line=flaw.line, todo=todo)


def _likeliest(
    path: Path, name: str, words: frozenset[str], flaw: _Flaw, head: bytes, damaged: tuple[int, ...]
) -> Encoding:
    """The legacy encoding that reads best and in which the whole file is text."""
    ranking = _ranking(_sample_around(path, flaw.offset, head), words)
    if not ranking:
        raise InputFileError("this text is in no encoding Backroom knows.", file=name, line=flaw.line, todo="Name it.")
    for index, (_, candidate) in enumerate(ranking):
        if _decodes(path, candidate):
            others = [other for _, other in ranking[index + 1 :]]
            return Encoding(candidate, 0, others[0] if others else None, damaged)
    raise InputFileError(
        f"this text looks like {ranking[0][1]}, but parts of it are not.",
        file=name,
        line=flaw.line,
        todo="Name its encoding.",
    )


def _bearable(path: Path) -> int:
    """How many broken characters a file of this size may have and still be worth reading."""
    return max(_FEW, path.stat().st_size // _SHARE_BROKEN)


def _mended(path: Path, zeros: list[int], *, sure: bool) -> tuple[int, ...] | None:
    """The lines with broken characters of a UTF-8 text; None when it is no UTF-8, or too much of it is broken."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = stated = 0
    broken: list[int] = []
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(CHUNK)
            stated += block.count("\ufffd".encode())
            text = decoder.decode(block, final=not block)
            if "\ufffd" in text:
                for number, part in enumerate(text.split("\n"), line):
                    broken += [number] * part.count("\ufffd")
            good += len(text) - len(text.encode("ascii", "ignore"))
            line += text.count("\n")
            if not block:
                break
    good -= len(broken)
    count = len(broken) - stated
    if count > _bearable(path) or (not sure and good < _GOOD_FOR_BROKEN * count):
        return None
    return tuple(sorted({*broken, *zeros}))


def transcode(path: Path, encoding: Encoding, target: Path, name: str) -> None:
    """Write `path` as UTF-8 with `\\n` line ends to `target`, streaming.

    Raises:
        InputFileError: some bytes are not in that encoding; names the line.
    """
    decoder = codecs.getincrementaldecoder(encoding.name)("replace" if encoding.damaged else "strict")
    line = 1
    pending = ""
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as out:
        source.seek(encoding.bom)
        while True:
            block = source.read(CHUNK)
            try:
                text = pending + decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                raise InputFileError(
                    f"this is not {encoding.name} text: byte {block[error.start] if block else 0:#04x} has no meaning there.",
                    file=name,
                    line=line,
                    todo="Choose another encoding.",
                ) from error
            if encoding.damaged:
                text = text.replace("\0", "\ufffd")
            # A carriage return at the end of a block may be half of a line end.
            pending = "\r" if text.endswith("\r") and block else ""
            if pending:
                text = text[:-1]
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            line += text.count("\n")
            out.write(text)
            if not block:
                return


def _byte_order_mark(head: bytes) -> Encoding | None:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return Encoding(name, len(mark))
    return None


def _unmarked_utf16(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: nearly every second byte of Latin text is zero."""
    sample = head[:4096]
    if len(sample) < 8 or sample.count(0) < len(sample) * 0.3:
        return None
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if odd > 0.6 * len(sample) / 2 and even < 0.05 * len(sample) / 2:
        return Encoding("utf-16-le")
    if even > 0.6 * len(sample) / 2 and odd < 0.05 * len(sample) / 2:
        return Encoding("utf-16-be")
    return None


@dataclass(frozen=True)
class _Flaw:
    """Where UTF-8 breaks: byte offset, line, whether only the end is cut off, whether whole characters came before."""

    offset: int
    line: int
    at_end: bool
    multibyte: bool


def _scan(path: Path, name: str, *, wide: bool, utf8: bool) -> tuple[_Flaw | None, list[int]]:
    """One pass in bounded memory: refuse endless lines, find where UTF-8 breaks, if it does, and the lines of NUL bytes."""
    line, since, offset = 1, 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    multibyte, flaw = False, None
    zeros: list[int] = []
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            if not wide and len(zeros) <= _MOST_ZEROS and 0 in block:
                for number, part in enumerate(block.split(b"\n"), line):
                    zeros += [number] * min(part.count(0), _MOST_ZEROS)
            ends = block.count(b"\n")
            first = block.find(b"\n") if ends else len(block)
            returns = not ends and b"\r" in block
            if since + first > LONGEST_LINE and not returns:
                raise InputFileError(
                    f"this line is longer than {LONGEST_LINE >> 20} MB, so this is no table.", file=name, line=line
                )
            tail = len(block) - 1 - block.rfind(b"\n")
            since = tail if ends else 0 if returns else since + len(block)
            carried = len(decoder.getstate()[0])
            if utf8 and flaw is None and (carried or not block.isascii()):
                multibyte, flaw = _decode(decoder, block, offset - carried, line, multibyte)
            offset += len(block)
            line += ends
    if utf8 and flaw is None and (carried := len(decoder.getstate()[0])):
        flaw = _Flaw(offset - carried, line, True, multibyte)
    return flaw, zeros


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, start: int, line: int, multibyte: bool
) -> tuple[bool, _Flaw | None]:
    try:
        decoder.decode(block)
    except UnicodeDecodeError as error:
        data = bytes(error.object)
        before = data[: error.start]
        return True, _Flaw(start + error.start, line + before.count(b"\n"), False, multibyte or not before.isascii())
    return True, None


def _sample_around(path: Path, offset: int, head: bytes) -> bytes:
    """The file's first lines and those around its first non-UTF-8 byte, whole lines only."""
    with path.open("rb") as file:
        file.seek(max(0, offset - SAMPLE // 2))
        around = file.read(SAMPLE)
        rest = file.read(1)
    near = offset < SAMPLE // 2 or not head
    sample = around if near else head[: head.rfind(b"\n") + 1] + around[around.find(b"\n") + 1 :]
    return sample[: sample.rfind(b"\n") + 1] if rest and b"\n" in sample else sample


def _ranking(sample: bytes, words: frozenset[str]) -> list[tuple[float, str]]:
    """Legacy encodings that decode the sample, best first, implausible ones left out."""
    scored = []
    for name in LEGACY:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        score = plausibility(text, name) + _header_bonus(text, words)
        if score > 0.05:
            scored.append((score, name))
    return sorted(scored, reverse=True)


def plausibility(text: str, encoding: str) -> float:
    """How plausibly `text`, decoded from `encoding`, is language: 0 (noise) to 1, over its non-ASCII characters."""
    foreign = [c for c in text if c > "\x7f"]
    if not foreign:
        return 0.5
    joined = "".join(foreign)
    total = len(joined)
    punctuation = len(re.findall(r"[\u3000-\u303f\uff00-\uffef·…—“”‘’]", joined))
    if encoding in ("gb18030", "big5"):
        han = _HAN.findall(joined)
        # Common characters sit in the first level of either standard, in two-byte codes.
        low, high = (0xB0, 0xD7) if encoding == "gb18030" else (0xA4, 0xC6)
        common = sum(low <= c.encode(encoding)[0] <= high for c in han)
        frequent = sum(c in _FREQUENT for c in han) / max(1, len(han))
        score: float = (common + 0.8 * punctuation) / total * (1.0 if frequent > 0.06 else 0.9)
        return score if encoding == "gb18030" else score * 0.97
    if encoding == "cp932":
        kana = len(_KANA.findall(joined))
        half_width = len(re.findall(r"[\uff61-\uff9f]", joined))
        kanji = len(_HAN.findall(joined))
        if not kana or half_width > kana:
            return 0.1 * kanji / total
        return (kana + kanji + 0.8 * (punctuation - half_width)) / total
    if encoding == "cp949":
        # Korean text is written without Chinese characters; Chinese text read as Korean is full of them.
        codes = [c.encode(encoding) for c in _HANGUL.findall(joined)]
        hangul = sum(0xB0 <= code[0] <= 0xC8 and code[1] >= 0xA1 for code in codes)
        hanja = total - hangul - punctuation
        sure = 1.05 if hangul >= 8 and not hanja else 0.98
        plausible: float = (hangul - 2 * hanja + 0.5 * punctuation) / total * sure
        return max(0.0, plausible)
    if encoding == "cp1251":
        letters = sum(map(len, _CYRILLIC_WORD.findall(text)))
        return 0.9 * min(letters, len(_CYRILLIC.findall(joined))) / total
    in_words = len(_LATIN_IN_WORD.findall(text))
    lone = len(_LATIN.findall(joined)) - in_words
    # Runs of accented letters are what other encodings look like in this one.
    in_runs = sum(map(len, re.findall(r"[À-ÿ]{3,}", text)))
    good = in_words + 0.8 * len(_SIGNS.findall(joined))
    return max(0.0, (good - 0.5 * lone - 2 * in_runs) / total)


def _header_bonus(text: str, words: frozenset[str]) -> float:
    from engine.importing.headers import normal

    cells = re.split(r"[,;\t|\n]", text[:20_000])[:400]
    found = sum(1 for cell in cells if not cell.isascii() and normal(cell.strip('"')) in words)
    return min(1.0, found / 3)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(CHUNK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _known_codec(encoding: str, name: str) -> str:
    try:
        found = codecs.lookup(encoding).name
    except LookupError as error:
        raise InputFileError(f"there is no encoding called {encoding}.", file=name) from error
    return "gb18030" if found in ("gbk", "gb2312") else found
