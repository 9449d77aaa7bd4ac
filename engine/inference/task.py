"""What is asked of a model when texts are labelled: a prompt around the text, and the labels to choose from.

A task knows no model. Its prompt is BOS + prefix + text + suffix; the model's next token after the suffix decides. A
label's raw score is the log of the summed exponentials of the logits of its first tokens, so that "Positive" and
" positive" count together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from engine.errors import BackroomError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# The control characters of Unicode and its line and paragraph separators.
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")


class TaskError(BackroomError):
    """A task cannot be asked of this model: its labels or its prompt do not survive tokenising."""

    exit_code = 4


@dataclass(frozen=True)
class Calibration:
    """How raw label scores become probabilities: softmax((score + bias) / temperature).

    Args:
        bias: added to each label's raw score; missing labels get 0.
        temperature: above 1 softens, below 1 sharpens (Guo et al. 2017, "On Calibration of Modern Neural Networks").
        abstain_below: a best probability below this goes to a person.
        source: where the numbers come from, in words for the screen.
    """

    bias: dict[str, float] = field(default_factory=dict)
    temperature: float = 1.0
    abstain_below: float = 0.0
    source: str = "none"


@dataclass(frozen=True)
class LabelTask:
    """One question with a closed set of answers, asked of many texts.

    Args:
        name: the task's name, for cache keys and logs.
        version: changes whenever prefix, suffix or labels change.
        prefix: instruction and examples, without BOS; decoded once and shared by all texts. Ends at a line break or a
            special token, so that it tokenises the same alone as with the text behind it.
        suffix: what stands between the text and the answer; begins at a line break or a special token.
        labels: for each label the strings that the model may answer with; only their first token counts.
        adapter: path of a GGUF LoRA adapter, or None.
        calibration: how scores become probabilities, or None for a plain softmax.
        max_text_tokens: of longer texts the middle is left out (`both_ends`).
    """

    name: str
    version: str
    prefix: str
    suffix: str
    labels: dict[str, tuple[str, ...]]
    adapter: str | None = None
    calibration: Calibration | None = None
    max_text_tokens: int = 200

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or not all(self.labels.values()):
            raise TaskError(f"Task {self.name} needs at least two labels, each with at least one answer string.")

    @property
    def names(self) -> list[str]:
        """The labels in the order of the score columns."""
        return list(self.labels)

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn raw scores (n, n_labels) into calibrated probabilities of the same shape; each row sums to 1."""
        return calibrated(scores, self.names, self.calibration)


def calibrated(scores: NDArray[np.float64], labels: list[str], calibration: Calibration | None) -> NDArray[np.float64]:
    """Softmax of (scores + bias) / temperature; `scores` has shape (n, n_labels), columns in the order of `labels`."""
    import numpy as np
    from scipy.special import softmax

    shifted = np.asarray(scores, dtype=np.float64)
    if calibration is not None:
        bias = np.array([calibration.bias.get(name, 0.0) for name in labels])
        shifted = (shifted + bias) / calibration.temperature
    if not len(shifted):
        return shifted
    result: NDArray[np.float64] = softmax(shifted, axis=1)
    return result


Cut = TypeVar("Cut", str, list[int])


def both_ends(text: Cut, keep: int) -> Cut:
    """A text or its tokens cut to `keep`: the first half of that and the last half.

    A long review often begins and ends with its verdict; keeping both ends loses less than keeping the beginning (Sun et
    al. 2019, "How to Fine-Tune BERT for Text Classification?").
    """
    last = keep // 2
    return text if len(text) <= keep else text[: keep - last] + text[len(text) - last :]


def one_line(text: str) -> str:
    """The text as the model sees it: one line, single spaces, no control characters.

    A review that contains line breaks could otherwise imitate the prompt's own layout, and equal texts that differ only
    in spacing would be labelled twice.
    """
    # Most texts hold nothing to translate, and to see that is far quicker than to translate.
    return " ".join((text if text.isprintable() else text.translate(_CONTROLS)).split())
