"""Chat templates of strangers: formatting is let through, everything else is refused by name and never run."""

from __future__ import annotations

import pytest

from engine.errors import ModelError
from engine.inference.chat_template import ChatFormat, check_template, read_format

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}<start>{{ m.role }}\n{{ m.content | trim }}<end>\n{% endfor %}<start>model\n"
)
RECURSIVE = (
    "{% macro kind(p) %}{% if p is mapping %}{{ kind(p.items) }}{% else %}{{ p }}{% endif %}{% endmacro %}"
    "{% for m in messages %}[{{ m.content }}]{% endfor %}{% generation %}>{% endgeneration %}"
)

HOSTILE = {
    "classes": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "calls __subclasses__"),
    "item": ("{{ ''['__class__'] }}", "hidden attribute"),
    "name": ("{{ __import__ }}", "hidden name"),
    "globals": ("{{ raise_exception.__globals__ }}", "hidden attribute"),
    "single underscore": ("{{ self._TemplateReference__context }}", "hidden attribute"),
    "attr filter": ("{{ '' | attr('__class__') }}", "filter attr"),
    "attr filter, joined": ("{{ '' | attr('__cla' ~ 'ss__') }}", "filter attr"),
    "map": ("{{ [''] | map(attribute='__class__') | list }}", "hidden attribute"),
    "map filter": ("{{ [''] | map('attr', 'x') | list }}", "chooses a filter"),
    "map unknown filter": ("{{ [''] | map(messages[0].content) | list }}", "chooses a filter"),
    "select by text": ("{{ [''] | selectattr(messages[0].content) | list }}", "chooses an attribute"),
    "format": ("{{ '{0.__class__}'.format(messages) }}", "calls format|hidden attribute"),
    "import": ("{% import 'x' as x %}", "another template"),
    "include": ("{% include '/etc/passwd' %}", "another template"),
    "extends": ("{% extends 'x' %}", "another template"),
    "open": ("{{ open('/etc/passwd').read() }}", "calls open|calls read"),
    "lipsum": ("{{ lipsum.__globals__['os'].popen('id').read() }}", "calls|hidden"),
    "get_flashed": ("{{ url_for('x') }}", "calls url_for"),
    "computed call": ("{{ messages[0]['f']() }}", "computed"),
    "debug": ("{% debug %}", "cannot be read"),
    "do": ("{% do messages.clear() %}", "cannot be read"),
    "count": ("{% for i in range(1000000000) %}x{% endfor %}", "counts to"),
    "nested": ("{% for i in range(999) %}{% for j in range(999) %}x{% endfor %}{% endfor %}", "nests loops over ranges"),
    "deep": ("{% for a in messages %}" * 5 + "x" + "{% endfor %}" * 5, "nests more than 4"),
    "recursive loop": ("{% for a in messages recursive %}{{ loop(messages) }}{% endfor %}", "loop that calls itself|calls"),
    "power": ("{{ 'x' * 10 ** 9 }}", "powers"),
    "long": ("x" * 200_000, "200,000 characters"),
    "broken": ("{% if %}", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_that_does_more_than_format_is_refused_by_name(name: str) -> None:
    source, reason = HOSTILE[name]
    with pytest.raises(ModelError, match=reason) as caught:
        check_template(source, file="m.gguf")
    assert caught.value.exit_code == 4 and caught.value.file == "m.gguf" and caught.value.todo


@pytest.mark.parametrize("source", [CHATML, NO_SYSTEM, RECURSIVE])
def test_formatting_is_let_through(source: str) -> None:
    check_template(source, file="m.gguf")


def test_a_format_is_what_stands_around_the_messages() -> None:
    read = read_format(CHATML, file="m.gguf")
    assert read.around("Be brief.") == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n",
    )
    assert read.wrap("", "Hi") == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_without_a_system_role_the_instruction_goes_to_the_user() -> None:
    read = read_format(NO_SYSTEM, file="m.gguf")
    assert read == ChatFormat("<start>user\n", "<end>\n<start>model")
    assert read.wrap("Be brief.", "Hi") == "<start>user\nBe brief.\n\nHi<end>\n<start>model"


@pytest.mark.parametrize(
    "source",
    [
        "{% set n = namespace(s='x') %}{% for i in range(9999) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
        "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    ],
    ids=["memory", "stack", "time"],
)
def test_a_template_that_uses_too_much_is_refused(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.inference.chat_template.SECONDS", 1)
    with pytest.raises(ModelError) as caught:
        read_format(source, file="m.gguf")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("source", ["{{ 'hello' }}", "{% for m in messages %}{{ m.content * 2 }}{% endfor %}"])
def test_a_template_that_swallows_or_repeats_the_message_is_refused(source: str) -> None:
    with pytest.raises(ModelError, match="each message once"):
        read_format(source, file="m.gguf")
