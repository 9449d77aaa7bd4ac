"""A small question that any model can be tried with: is a text negative, neutral or positive?

It shows whether a model's label words can be told apart behind its own chat template, how far it leans towards one of
them when there is nothing to judge, and what requantising it costs. The texts were written for this purpose and nothing
was trained on them; fifty of them tell a broken model from a working one, not a good one from a better one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.inference.cache import cache_key
from engine.inference.chat_template import ChatFormat
from engine.inference.files import read_state, write_state
from engine.inference.task import Calibration, LabelTask

if TYPE_CHECKING:
    from engine.inference.client import ModelClient

LABELS = ("negative", "neutral", "positive")
CONTENT_FREE = ("N/A", "[MASK]", "")
"""Texts without content, as proposed by Zhao et al. 2021, "Calibrate Before Use"."""

_INSTRUCTION = (
    "You read what people write. Answer with one word: negative, neutral or positive. Neutral is a text that is neither "
    "glad nor sad."
)
_EXAMPLES = (
    ("Love it, works perfectly and arrived early.", "positive"),
    ("质量太差，用了两天就坏了。", "negative"),
    ("It is okay, nothing special for the price.", "neutral"),
    ("Broke after a week and the seller never answered.", "negative"),
    ("很好用，物流也快，推荐购买。", "positive"),
    ("盒子里有两根数据线和一本说明书。", "neutral"),
)

TEXTS = (
    ("My mother uses it every day and smiles.", "positive"),
    ("Best purchase of the year, I ordered a second one.", "positive"),
    ("Soft, warm and exactly the colour on the picture.", "positive"),
    ("It was quick, friendly and the result is lovely.", "positive"),
    ("Exceeded everything I hoped for.", "positive"),
    ("So easy to put together, even for me.", "positive"),
    ("Five years old now and still going strong, wonderful.", "positive"),
    ("Great value, thank you!", "positive"),
    ("The handle came off on the first morning.", "negative"),
    ("I want my money back.", "negative"),
    ("Smells awful and gave me a rash.", "negative"),
    ("Nobody picks up the phone and the parcel never came.", "negative"),
    ("Do not waste your time with this rubbish.", "negative"),
    ("It leaks, it rattles and now it is dead.", "negative"),
    ("The worst service I have met in my life.", "negative"),
    ("Disappointed: the fabric tore when I washed it.", "negative"),
    ("The box measures 30 by 20 centimetres.", "neutral"),
    ("I bought this for my office in March.", "neutral"),
    ("Does it fit a bottle of one litre?", "neutral"),
    ("It has three buttons and a cable.", "neutral"),
    ("Neither good nor bad, it does what it says.", "neutral"),
    ("The parcel was handed to the neighbour on Tuesday.", "neutral"),
    ("There are two sizes, small and medium.", "neutral"),
    ("Average.", "neutral"),
    ("太喜欢了，穿上特别显瘦！", "positive"),
    ("宝宝很爱吃，会一直回购。", "positive"),
    ("做工精细，比图片还漂亮。", "positive"),
    ("客服特别有耐心，必须给好评。", "positive"),
    ("音质一流，物超所值。", "positive"),
    ("老公说这是最舒服的一双鞋。", "positive"),
    ("包装用心，收到很惊喜。", "positive"),
    ("用了半年依然像新的，很满意。", "positive"),
    ("洗一次就掉色，气死我了。", "negative"),
    ("收到的是坏的，退货还要我出运费。", "negative"),
    ("一股刺鼻的味道，根本不敢用。", "negative"),
    ("卖家发错货还不承认。", "negative"),
    ("充不进电，完全没法用。", "negative"),
    ("再也不会来这家店了。", "negative"),
    ("水果烂了一半，太失望了。", "negative"),
    ("假货，大家别上当。", "negative"),
    ("快递放在门卫那里了。", "neutral"),
    ("请问这个有红色的吗？", "neutral"),
    ("一共买了三件，两件大号一件中号。", "neutral"),
    ("还没用，先不评价。", "neutral"),
    ("一般般吧，凑合能用。", "neutral"),
    ("和超市里卖的差不多。", "neutral"),
    ("这款是去年的型号。", "neutral"),
    ("给朋友代买的，不清楚怎么样。", "neutral"),
)
"""Texts with their labels, half English, half Chinese, sixteen of each label."""


def trial_task(chat: ChatFormat | None) -> LabelTask:
    """The question in a model's own chat format, or by examples for a model without one."""
    if chat is None:
        shown = "".join(f"Text:\n{text}\nSentiment: {label}\n\n" for text, label in _EXAMPLES)
        words: dict[str, tuple[str, ...]] = {label: (f" {label}",) for label in LABELS}
        return LabelTask("trial", "examples.1", f"{shown}Text:\n", "\nSentiment:", words)
    prefix, suffix = chat.around(_INSTRUCTION)
    words = {label: (label, label.capitalize()) for label in LABELS}
    return LabelTask("trial", "chat.1", prefix, suffix, words)


def content_free(client: ModelClient, task: LabelTask) -> Calibration:
    """What a model answers to nothing, taken away from its answers (Zhao et al. 2021): bias = -log of the mean share.

    Measured once for a model, an adapter and a task, then remembered on this machine.

    Raises:
        TaskError, ModelError: as `ModelClient.scores`.
    """
    import numpy as np

    from engine.inference.client import adapter_sha

    key = cache_key("\n".join(CONTENT_FREE), task, client.model_sha, adapter_sha(task)).hex()
    known: dict[str, Any] = read_state("calibrations.json")
    if key not in known:
        plain = LabelTask(task.name, task.version, task.prefix, task.suffix, task.labels, task.adapter)
        shares = plain.probabilities(client.scores(list(CONTENT_FREE), plain)).mean(axis=0)
        known[key] = {name: round(float(-np.log(share)), 4) for name, share in zip(task.names, shares, strict=True)}
        write_state("calibrations.json", known)
    source = "what the model answers to texts without content (Zhao et al. 2021)"
    return Calibration(bias={name: float(known[key][name]) for name in task.names}, source=source)


def try_model(client: ModelClient, chat: ChatFormat | None) -> dict[str, Any]:
    """Ask a model the small question, calibrated by nothing.

    Returns:
        `right` of `texts`, the `bias` that was taken away, the `source` of it, and the raw `scores` (n, 3).

    Raises:
        TaskError: the label words cannot be told apart in this model.
    """
    task = trial_task(chat)
    calibration = content_free(client, task)
    from engine.inference.task import calibrated

    scores = client.scores([text for text, _ in TEXTS], task)
    best = calibrated(scores, task.names, calibration).argmax(axis=1)
    right = sum(LABELS[found] == label for found, (_, label) in zip(best, TEXTS, strict=True))
    return {
        "right": right,
        "texts": len(TEXTS),
        "bias": calibration.bias,
        "source": calibration.source,
        "scores": scores,
        "best": best,
    }
