"""The models on this machine: the catalogue, the files, what each says about itself, and whether it fits.

Nothing here loads llama.cpp. A packaged model is put together once in the user's data folder, checked against its hash,
and rewritten in a quantisation that this CPU reads fastest; from then on that file is the model, and its hash is what
keys cached answers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.backend import CONTEXT_TOKENS
from engine.inference.chat_template import ChatFormat
from engine.inference.gguf_header import FILE_TYPES, Header, read_header
from engine.inference.gpu import Device, plan
from engine.inference.machine import available_memory, model_threads, total_memory, usable_cores
from engine.paths import models_dir, state_dir

OVERHEAD_BYTES = 260 << 20
"""The model process besides file and KV cache: interpreter, llama.cpp's work buffers, repacked weights (measured)."""

_CHUNK = 1 << 20
_ENCODERS = ("bert", "nomic-bert", "jina-bert-v2", "modern-bert", "t5encoder", "t5")


@dataclass(frozen=True)
class CatalogueEntry:
    """One model of `models/catalog.toml`; sizes in bytes, `memory_mb` for the whole model process.

    `size` 0 and an empty `sha256` mean that nobody vouches for them here; the hub states them when the file is fetched.
    `machine_gb` is the memory of the machine that the model is recommended for.
    """

    name: str
    file: str
    licence: str
    memory_mb: int
    context: int
    template: str
    languages: tuple[str, ...]
    source: str
    good_for: str
    size: int = 0
    sha256: str = ""
    repository: str = ""
    revision: str = "main"
    machine_gb: int = 8
    licence_url: str = ""
    notice: str = ""
    packages: tuple[str, ...] = ()
    prepare: str | None = None
    default: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """What a GGUF file says about itself. `kv_bytes_per_token` is the KV cache's growth with each token."""

    name: str
    architecture: str
    quantisation: str
    size: int
    context: int
    layers: int
    kv_bytes_per_token: int
    template: str | None
    add_bos: bool
    licence: str | None

    def memory_needed(self, context_tokens: int = CONTEXT_TOKENS) -> int:
        """Bytes the model process will take: the file, its KV cache, and everything else."""
        return self.size + self.kv_bytes_per_token * min(context_tokens, self.context) + OVERHEAD_BYTES


@dataclass(frozen=True)
class ModelFile:
    """A model ready to be loaded: its path, its hash, what is known about it, and its chat format if it has one."""

    name: str
    path: Path
    sha256: str
    facts: ModelFacts
    licence: str
    chat: ChatFormat | None = None


def catalogue() -> list[CatalogueEntry]:
    """All models that Backroom knows, in the order of the file; the default one is marked."""
    text = (Path(__file__).resolve().parents[2] / "models" / "catalog.toml").read_text(encoding="utf-8")
    return [_entry(row) for row in tomllib.loads(text)["model"]]


def _entry(row: dict[str, Any]) -> CatalogueEntry:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return CatalogueEntry(**fields)


def default_model() -> CatalogueEntry:
    """The model used when none is named."""
    return next(entry for entry in catalogue() if entry.default)


def resolve(name_or_path: str | Path | None = None, *, log: Callable[[str], None] = lambda line: None) -> ModelFile:
    """Find a model by catalogue name or path, put it together if need be, and check it.

    Args:
        name_or_path: a name of the catalogue, a path to a GGUF file, or None for the default model.
        log: told about work that takes seconds.

    Raises:
        ModelError: unknown, missing, damaged, or of a kind that cannot be used.
    """
    wanted = str(name_or_path) if name_or_path is not None else default_model().name
    card = read_card(wanted)
    if card is not None:
        return _own(card)
    entry = next((entry for entry in catalogue() if entry.name == wanted), None)
    if entry is None:
        if not wanted.endswith(".gguf") and not Path(wanted).exists():
            known = ", ".join(row["name"] for row in list_models())
            raise ModelError(f"There is no model called {wanted}.", todo=f"Known are: {known}; or give a .gguf file.")
        path = Path(wanted).expanduser().resolve()
        facts = describe(path)
        return ModelFile(path.stem, path, file_hash(path), facts, facts.licence or "not stated in the file")
    path = _prepared(entry, log) if entry.prepare else original_file(entry, log)
    return ModelFile(entry.name, path, file_hash(path), describe(path), entry.licence)


def _own(card: dict[str, Any]) -> ModelFile:
    """A model that was added or pulled: as it is, or as it was prepared for this machine."""
    chosen, prepared = card, card.get("prepared")
    if prepared is not None and (models_dir() / str(prepared["file"])).is_file():
        chosen = prepared
    path = models_dir() / str(chosen["file"])
    facts, sha, expected = describe(path), file_hash(path), chosen["sha256"]
    if sha != expected:
        raise ModelError(
            f"The file of {card['name']} has changed since it was added.",
            file=str(path),
            todo=f"Remove it (`backroom models remove {card['name']}`) and add it again.",
        )
    chat = None if card.get("chat") is None else ChatFormat(**card["chat"])
    return ModelFile(str(card["name"]), path, sha, facts, str(card["licence"]), chat)


def card_path(name: str) -> Path:
    """Where the card of a model that was added or pulled lies."""
    return models_dir() / f"{name}.json"


def prepared_path(name: str, quantisation: str) -> Path:
    """Where a model lies that was rewritten in another quantisation."""
    return models_dir() / f"{name}.{quantisation.lower()}.gguf"


def part_path(name: str) -> Path:
    """Where a model lies that has not come in whole yet."""
    return models_dir() / f".{name}.part"


def read_card(name: str) -> dict[str, Any] | None:
    """The card of a model that was added or pulled, None when there is none (see `adding.card_for`)."""
    if os.sep in name or not name:
        return None
    try:
        card = json.loads(card_path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and {"name", "file", "sha256", "licence"} <= card.keys() else None


def write_card(card: dict[str, Any]) -> None:
    """Keep a model's card beside its file. Raises ModelError when the disk is full."""
    text = json.dumps(card, indent=1, ensure_ascii=False)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_whole(card_path(str(card["name"])), write)


def fits(facts: ModelFacts) -> dict[str, Any]:
    """Whether a model fits this machine's memory, with its KV cache, before anything is loaded.

    Returns:
        `memory_mb` it needs, `kv_cache_mb` of that, `memory_free_mb`, `fits`, and a sentence `verdict`.
    """
    context = min(CONTEXT_TOKENS, facts.context)
    needed, free, total = facts.memory_needed(), available_memory(), total_memory()
    if needed <= free:
        verdict = "fits"
    elif needed <= total:
        verdict = "would fit if other programs were closed"
    else:
        verdict = "does not fit this machine"
    return {
        "memory_mb": needed >> 20,
        "kv_cache_mb": facts.kv_bytes_per_token * context >> 20,
        "context_tokens": context,
        "memory_free_mb": free >> 20,
        "fits": needed <= free,
        "verdict": verdict,
    }


def describe(path: str | Path) -> ModelFacts:
    """Read what a GGUF file says about itself and refuse what cannot be used; takes well under a second.

    Raises:
        ModelError: missing, damaged, an adapter, an encoder, or an architecture that cannot share a prefix.
    """
    path = Path(path)
    header = read_header(path)
    architecture = header.text("general.architecture")
    if architecture is None:
        raise ModelError("This GGUF file does not say what it is.", file=str(path), todo="Choose another model.")
    if header.text("general.type") == "adapter":
        raise ModelError("This is an adapter, not a model.", file=str(path), todo="Choose the model it belongs to.")
    if architecture in _ENCODERS:
        raise ModelError(
            f"This model ({architecture}) only makes vectors and cannot answer questions.",
            file=str(path),
            todo="Choose a text-generating model.",
        )
    if any(key.startswith((f"{architecture}.ssm.", f"{architecture}.wkv.")) for key in header.metadata):
        raise ModelError(
            f"This model ({architecture}) is recurrent and cannot share one instruction among many texts.",
            file=str(path),
            todo="Choose a transformer model, such as gemma-3-270m.",
        )
    return _facts(path, header, architecture)


def _facts(path: Path, header: Header, architecture: str) -> ModelFacts:
    def number(key: str, default: int = 0) -> int:
        return header.number(f"{architecture}.{key}", default)

    layers, heads = number("block_count"), number("attention.head_count", 1)
    head = number("embedding_length") // max(1, heads)
    width = number("attention.key_length", head) + number("attention.value_length", head)
    file_type = header.number("general.file_type", -1)
    return ModelFacts(
        name=header.text("general.name") or path.stem,
        architecture=architecture,
        quantisation=FILE_TYPES.get(file_type, "unknown"),
        size=path.stat().st_size,
        context=number("context_length"),
        layers=layers,
        # Keys and values as 16-bit floats in every layer.
        kv_bytes_per_token=layers * number("attention.head_count_kv", heads) * width * 2,
        template=header.text("tokenizer.chat_template"),
        add_bos=header.metadata.get("tokenizer.ggml.add_bos_token") is True,
        licence=header.text("general.license"),
    )


def check_memory(model: ModelFile) -> None:
    """Refuse a model that this machine has no room for now, before anything is loaded.

    Raises:
        ModelError: with what it needs and what is free.
    """
    needed, free = model.facts.memory_needed(), available_memory()
    if needed > free:
        raise ModelError(
            f"This model needs about {needed >> 20:,} MB of memory, and {free >> 20:,} MB are free.",
            file=str(model.path),
            todo="Close other programs or choose a smaller model.",
        )


# -- files


def original_file(entry: CatalogueEntry, log: Callable[[str], None] = lambda line: None) -> Path:
    """The file of a catalogue model as published: where it is installed, or put together in the models folder.

    Raises:
        ModelError: its packages are not installed, or what they hold has another hash.
    """
    target = models_dir() / entry.file
    if _is_intact(target, entry):
        return target
    parts = [_package_file(package, entry) for package in entry.packages]
    missing = [package for package, part in zip(entry.packages, parts, strict=True) if part is None]
    if missing or not parts:
        names = ", ".join(name.replace("_", "-") for name in missing)
        raise ModelError(
            f"The model {entry.name} is not on this machine.",
            file=str(target),
            todo=f"Install the Python packages {names}."
            if names
            else f"Fetch it with `backroom models pull {entry.name}`, which asks before it connects.",
        )
    found = [part for part in parts if part is not None]
    if len(found) == 1 and _is_intact(found[0], entry):
        return found[0]
    log(f"Putting {entry.name} together ({entry.size >> 20} MB, once) ...")
    write_whole(target, lambda temporary: _join(found, temporary, entry))
    return target


def _package_file(package: str, entry: CatalogueEntry) -> Path | None:
    """The piece of the model inside an installed package, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or []:
        for path in sorted(Path(folder).rglob(entry.file + "*")):
            if path.is_file():
                return path
    return None


def _is_intact(path: Path, entry: CatalogueEntry) -> bool:
    return path.is_file() and path.stat().st_size == entry.size and file_hash(path) == entry.sha256


def _join(parts: Iterable[Path], target: Path, entry: CatalogueEntry) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(_CHUNK):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != entry.sha256:
        raise ModelError(
            f"The installed pieces of {entry.name} do not add up to the published file.",
            file=str(target),
            todo="Install its packages again.",
        )


def _prepared(entry: CatalogueEntry, log: Callable[[str], None]) -> Path:
    """The catalogue model in the quantisation that runs fastest, made on first use."""
    target = prepared_path(entry.name, str(entry.prepare))
    if target.is_file():
        try:
            read_header(target)
            return target
        except ModelError:
            log(f"{target.name} is damaged and is made again.")
    source = original_file(entry, log)
    log(f"Preparing {entry.name} for this machine ({entry.prepare}, once) ...")
    prepare_file(source, target, str(entry.prepare))
    return target


def prepare_file(source: Path, target: Path, quantisation: str) -> None:
    """Rewrite `source` as `target` in another quantisation (Q4_0 and Q8_0 have fast CPU kernels), in a child process.

    Raises:
        ModelError: llama.cpp refused the file, is not installed, or the disk is full.
    """
    read_header(source)

    def write(temporary: Path) -> None:
        command = [sys.executable, "-m", "engine.inference.requantise", str(source), str(temporary), quantisation]
        done = subprocess.run(command, capture_output=True, check=False, env=child_environment())
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().splitlines()
            raise ModelError(
                f"This model could not be prepared ({reason[-1] if reason else 'no reason given'}).",
                file=str(source),
                todo="Check that llama-cpp-python is installed and the disk has room.",
            )

    write_whole(target, write)
    read_header(target)


def child_environment() -> dict[str, str]:
    """The environment for our child processes: they find this package, stay offline and write no backtraces."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": root + (os.pathsep + path if path else ""),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads that wait for each other by spinning halve the speed as soon as another program wants a core.
        "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "2000"),
        # Otherwise an abort in ggml starts a debugger to print where it was.
        "GGML_NO_BACKTRACE": "1",
        # torch asks who the user is when it is imported, and without this the C library asks the name service's socket.
        "LOGNAME": os.environ.get("LOGNAME") or os.environ.get("USER") or "seller",
    }


def write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a temporary file beside `target`, then put it in place in one step or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        write(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise ModelError(
            f"The model file cannot be written ({error.strerror}).", file=str(target), todo="Free some disk space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def file_hash(path: Path, *, again: bool = False) -> str:
    """SHA-256 of a file as hex; remembered by path, size and time of change, because models are large.

    Args:
        path: the file.
        again: read it even if its hash is remembered.
    """
    known = read_state("file_hashes.json")
    stat = path.stat()
    key = str(path.resolve())
    stamp = [stat.st_size, stat.st_mtime_ns]
    if not again and isinstance(known.get(key), dict) and known[key].get("stamp") == stamp:
        return str(known[key]["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    write_state("file_hashes.json", {**known, key: {"stamp": stamp, "sha256": digest}})
    return digest


def read_state(name: str) -> dict[str, Any]:
    """Something remembered on this machine; empty when there is nothing or it cannot be read."""
    try:
        data = json.loads((state_dir() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_state(name: str, data: dict[str, Any]) -> None:
    """Remember something on this machine; a full disk is no error, because what is kept here only saves time."""
    path = state_dir() / name
    temporary = path.with_name(f".{name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)


# -- answers for people


def list_models() -> list[dict[str, Any]]:
    """The catalogue and every model that was added, with where each is, what it needs, and whether it fits now."""
    rows: list[dict[str, Any]] = []
    free = available_memory()
    named: set[str] = set()
    for entry in catalogue():
        prepared = prepared_path(entry.name, str(entry.prepare))
        card = read_card(entry.name)
        named.add(entry.name)
        packaged = bool(entry.packages) and all(_package_file(package, entry) for package in entry.packages)
        rows.append(
            {
                **asdict(entry),
                "installed": packaged or card is not None or (models_dir() / entry.file).is_file(),
                "prepared": str(prepared) if prepared.is_file() else None,
                "fits": entry.memory_mb << 20 <= free,
            }
        )
    for path in sorted(models_dir().glob("*.json")):
        card = read_card(path.stem)
        if card is not None and card["name"] not in named:
            rows.append(_own_model(card, free))
    return rows


def _own_model(card: dict[str, Any], free: int) -> dict[str, Any]:
    path = models_dir() / str(card["file"])
    row: dict[str, Any] = {
        "name": card["name"],
        "file": str(path),
        "default": False,
        "installed": True,
        "licence": card["licence"],
        "source": card.get("source"),
    }
    try:
        facts = describe(path)
    except ModelError as error:
        return {**row, "fits": False, "problem": error.message()}
    needed = facts.memory_needed()
    # The licence that the card keeps stands above what the file says of itself.
    return {**asdict(facts), **row, "template": None, "memory_mb": needed >> 20, "fits": needed <= free}


def remember_rates(model_sha: str, rates: dict[str, Any]) -> None:
    """Keep what was measured on this machine, for `doctor`."""
    write_state("rates.json", {**read_state("rates.json"), model_sha: rates})


def doctor() -> dict[str, Any]:
    """What this machine can run: cores, memory, GPU offload and why not, which models fit, and rates measured here.

    A model that is here is judged by its own file, KV cache included; the memory of one that is not is an estimate.
    """
    native = _native_facts()
    cards = [Device(**card) for card in native.get("gpus", [])]
    return {
        "cores": usable_cores(),
        "model_threads": model_threads(),
        "memory_mb": total_memory() >> 20,
        "memory_free_mb": available_memory() >> 20,
        **native,
        "gpus": [{"name": card.name, "free_mb": card.free >> 20, "total_mb": card.total >> 20} for card in cards],
        "models": [_prospects(row, cards, bool(native["gpu_offload"])) for row in list_models()],
        "rates": list(read_state("rates.json").values()),
    }


def _prospects(row: dict[str, Any], cards: list[Device], supported: bool) -> dict[str, Any]:
    """Whether a model would run here, what of it would go to a graphics card, and how that is known."""
    known = {"name": row["name"], "installed": row["installed"]}
    path = _present(row)
    if path is None:
        needed, free = row.get("memory_mb", 0), available_memory() >> 20
        verdict = "would fit" if needed <= free else "does not fit in what is free now"
        return {**known, "memory_mb": needed, "fits": needed <= free, "verdict": f"{verdict} (estimated)"}
    try:
        facts = describe(path)
    except ModelError as error:
        return {**known, "fits": False, "verdict": error.message()}
    return {**known, **fits(facts), "gpu": plan(facts, cards, supported=supported).sentence}


def _present(row: dict[str, Any]) -> Path | None:
    """The file that a row of `list_models` would be run from, if it is here."""
    card = read_card(str(row["name"]))
    names = [row.get("prepared"), models_dir() / str(card["file"]) if card is not None else None, row.get("file")]
    return next((path for name in names if name and (path := models_dir() / str(name)).is_file()), None)


def _native_facts() -> dict[str, Any]:
    """Ask llama.cpp, in a child process, what it was built for."""
    command = [sys.executable, "-m", "engine.inference.worker", "--capabilities"]
    done = subprocess.run(command, capture_output=True, check=False, env=child_environment())
    if done.returncode != 0:
        return {
            "llama_cpp": None,
            "gpu_offload": False,
            "gpu_reason": "llama-cpp-python does not load; rules, statistics and vectors still work.",
        }
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts
