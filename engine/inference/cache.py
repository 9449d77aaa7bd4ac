"""Keys for cached scores. The cache itself lives in the shop; here is only what makes two questions the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from engine.inference.task import LabelTask, one_line

KEY_BYTES = 16

READING = "3"
"""Changes whenever the same question to the same model may give other numbers: how batches and long texts are cut, how
adapters are multiplied."""


def cache_keys(task: LabelTask, model_sha: str, adapter_sha: str = "") -> Callable[[str], bytes]:
    """A function from a text to the key, 16 bytes, of its raw scores under a task and a model.

    Calibration is not part of it: what is cached is what the model said (`ModelClient.scores`), and
    `LabelTask.probabilities` turns it into probabilities, so calibrating anew costs nothing.

    Args:
        task: its name, version, prompt, labels and cut count.
        model_sha: hash of the model file.
        adapter_sha: hash of the adapter file, empty without one.

    Returns:
        A function; texts that the model sees alike share a key.
    """
    asked = hashlib.blake2b(digest_size=KEY_BYTES)
    labels = [part for name, answers in task.labels.items() for part in (name, str(len(answers)), *answers)]
    parts = [READING, task.name, task.version, task.prefix, task.suffix, str(task.max_text_tokens), *labels]
    for part in (*parts, model_sha, adapter_sha):
        asked.update(_framed(part))

    def key(text: str) -> bytes:
        # What is asked is the same for every text and is hashed once: a large shop is looked up in a second.
        digest = asked.copy()
        digest.update(_framed(one_line(text)))
        return digest.digest()

    return key


def _framed(part: str) -> bytes:
    raw = part.encode("utf-8", errors="surrogatepass")
    # The length in front keeps "ab" + "c" apart from "a" + "bc".
    return len(raw).to_bytes(8, "little") + raw


def cache_key(text: str, task: LabelTask, model_sha: str, adapter_sha: str = "") -> bytes:
    """The key of one text; see `cache_keys`."""
    return cache_keys(task, model_sha, adapter_sha)(text)
