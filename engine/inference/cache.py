"""Keys for cached scores. The cache itself lives in the shop; here is only what makes two questions the same."""

from __future__ import annotations

import hashlib

from engine.inference.task import LabelTask, one_line

KEY_BYTES = 16


def cache_key(text: str, task: LabelTask, model_sha: str, adapter_sha: str = "") -> bytes:
    """Key of a text's raw scores under a task and a model, 16 bytes.

    Calibration is not part of it: what is cached is what the model said (`ModelClient.scores`), and
    `LabelTask.probabilities` turns it into probabilities, so calibrating anew costs nothing.

    Args:
        text: the customer's text; texts that the model sees alike share a key.
        task: its name, version, prompt, labels and cut count.
        model_sha: hash of the model file.
        adapter_sha: hash of the adapter file, empty without one.
    """
    digest = hashlib.blake2b(digest_size=KEY_BYTES)
    labels = [part for name, answers in task.labels.items() for part in (name, str(len(answers)), *answers)]
    parts = [task.name, task.version, task.prefix, task.suffix, str(task.max_text_tokens), *labels]
    for part in (*parts, model_sha, adapter_sha, one_line(text)):
        raw = part.encode("utf-8", errors="surrogatepass")
        # The length in front keeps "ab" + "c" apart from "a" + "bc".
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.digest()
