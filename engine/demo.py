"""The sample shop: built once from the export files that ship, in the user's data folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.jobs import JobContext
from engine.paths import data_dir


def sample_files() -> list[Path]:
    """The sample shop's export files, in import order: orders before the reviews that join them."""
    import sample_data

    return sample_data.export_files()


def build(
    context: JobContext, *, fresh: bool = False, analyze: bool = True, model: str | None = None, language: str = "en"
) -> Path:
    """The sample shop's path, built when it is missing; the file is named after its content, so that new samples rebuild.

    Args:
        context: where progress goes.
        fresh: begin anew even when it is there.
        analyze: also read the reviews and store findings (skipped quickly when nothing is new).
        model: the model to read with; the default one when None.
        language: of what is said while reading.
    """
    from engine.desks.analysis import analyze as read
    from engine.desks.opening import open_store
    from engine.importing.desk import import_file
    from engine.importing.report import ImportSettings

    digest = hashlib.blake2b(digest_size=4)
    for file in sample_files():
        digest.update(file.name.encode() + file.read_bytes())
    folder = data_dir() / "demo"
    folder.mkdir(exist_ok=True)
    path = folder / f"sample-{digest.hexdigest()}.shop"
    if fresh:
        for stale in folder.glob(path.name + "*"):
            stale.unlink()
    store = open_store(path, create=True)
    # The Chinese reviews have no profile on purpose: the sample accepts the proposed mapping, as a seller would by key.
    for file in sample_files():
        import_file(store, file, ImportSettings(accept=True), context)
    if analyze:
        read(store, context, model=model, language=language)
    store.close()
    return path
