"""Chat templates of model files: is it nothing but formatting, and what does it write around a message?

A GGUF file carries its chat template as a Jinja program, and that program comes from a stranger. So it is read twice.
First its syntax tree is compared with a list of what formatting needs; anything else is refused by name. Then it is run
exactly once, in a process of its own with little time and memory, inside Jinja's sandbox, and what it puts around a
system and a user message is kept as plain strings (`ChatFormat`). From then on only those strings are used.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import ModelError
from engine.limits import limit
from engine.offline import forbid_network
from engine.offline.attempts import Witness, attempt_all

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 100_000
"""Characters of a template; the longest in use have about a third."""

DEEPEST_LOOPS = 4
LARGEST_RANGE = 10_000
SECONDS = 10
MEMORY_BYTES = 1 << 30


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILTERS = _words(
    "abs batch capitalize count d default dictsort e escape first float from_json indent int items join last length list "
    "lower map max min reject rejectattr replace reverse round safe select selectattr slice sort string sum title tojson "
    "trim unique upper wordcount"
)
"""Filters that only compute text from text."""

FUNCTIONS = _words("raise_exception range namespace strftime_now dict joiner cycler")
METHODS = _words(
    "append capitalize count cycle endswith extend find get index insert isalpha isdigit isspace items join keys lower "
    "lstrip pop removeprefix removesuffix replace rfind rsplit rstrip split splitlines startswith strip title update "
    "upper values"
)
"""Methods of texts, lists and mappings that templates in use call."""

_BY_NAME = frozenset({"map", "select", "reject", "selectattr", "rejectattr"})
_FOREIGN = {
    "Import": "loads another template",
    "FromImport": "loads another template",
    "Include": "loads another template",
    "Extends": "loads another template",
    "EnvironmentAttribute": "reaches into Jinja itself",
    "ExtensionAttribute": "reaches into Jinja itself",
    "ImportedName": "imports Python code",
    "InternalName": "reaches into Jinja itself",
    "ContextReference": "reaches into Jinja itself",
    "DerivedContextReference": "reaches into Jinja itself",
    "Pow": "computes powers",
}


@dataclass(frozen=True)
class ChatFormat:
    """What a template writes: `before` + system + `between` + user + `after`, and `alone` + user + `after` without one.

    A model whose template takes no system message has `between` None: the instruction then belongs to the user's text.
    """

    alone: str
    after: str
    before: str = ""
    between: str | None = None

    def wrap(self, instruction: str, user: str) -> str:
        """The whole prompt up to the answer."""
        head, tail = self.around(instruction)
        return head + user + tail

    def around(self, instruction: str) -> tuple[str, str]:
        """What stands before and behind the user's text, the instruction included; see `task.LabelTask`."""
        if not instruction:
            return self.alone, self.after
        if self.between is None:
            return f"{self.alone}{instruction}\n\n", self.after
        return self.before + instruction + self.between, self.after


def check_template(source: str, *, file: str) -> None:
    """Refuse a template that does more than format text; nothing of it is run.

    Args:
        source: the Jinja source.
        file: the model file, for the message.

    Raises:
        ModelError: naming what it does and the line.
    """
    from jinja2 import TemplateSyntaxError

    if len(source) > LONGEST:
        raise _refused(f"it has {len(source):,} characters", file)
    try:
        tree = _environment().parse(source)
    except TemplateSyntaxError as error:
        raise ModelError(
            f"The chat template of this model cannot be read (line {error.lineno}: {error.message}).",
            file=file,
            todo="Get the model from another source.",
        ) from error
    except RecursionError as error:
        raise _refused("it is nested too deeply", file) from error
    for line, reason in _reasons(tree):
        raise _refused(f"line {line}: it {reason}", file)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja's sandbox with what chat templates expect beyond plain Jinja."""
    from jinja2 import TemplateError
    from jinja2.ext import Extension
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks the answer for training; what is inside is written as it is."""

        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        extensions=["jinja2.ext.loopcontrols", Generation], trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["from_json"] = json.loads
    environment.globals.update(raise_exception=refuse, strftime_now=lambda form: "1 January 2026")
    return environment


def _refused(reason: str, file: str) -> ModelError:
    return ModelError(
        f"The chat template of this model does more than format text ({reason}), so the model is not used.",
        file=file,
        todo="Get the model from its maker, or choose another one.",
    )


def _reasons(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Everything in the tree that formatting does not need, as line and reason."""
    from jinja2 import nodes

    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        if kind in _FOREIGN:
            yield node.lineno, _FOREIGN[kind]
        elif isinstance(node, nodes.Getattr) and _is_hidden(node.attr):
            yield node.lineno, f"reads the hidden attribute {node.attr}"
        elif isinstance(node, nodes.Name) and node.name.startswith("__"):
            yield node.lineno, f"reads the hidden name {node.name}"
        elif isinstance(node, nodes.Const):
            yield from _constants(node)
        elif isinstance(node, nodes.Filter | nodes.Test):
            yield from _filters(node)
        elif isinstance(node, nodes.Call):
            yield from _calls(node, macros)
        elif isinstance(node, nodes.For):
            yield from _loops(node)


def _is_hidden(name: str) -> bool:
    return name.startswith("_") or name in {"mro", "func_globals", "gi_frame", "gi_code", "f_globals", "format_map"}


def _constants(node: nodes.Const) -> Iterator[tuple[int, str]]:
    value = node.value
    if isinstance(value, str) and any(part.startswith("__") for part in value.replace("[", ".").split(".")):
        yield node.lineno, f"names the hidden attribute {value[:40]!r}"


def _filters(node: nodes.Filter | nodes.Test) -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    if isinstance(node, nodes.Test):
        return
    if node.name not in FILTERS:
        yield node.lineno, f"uses the filter {node.name}"
    elif node.name == "map" and node.args:
        first = node.args[0]
        if not isinstance(first, nodes.Const) or first.value not in FILTERS:
            yield node.lineno, "chooses a filter while it runs"
    elif node.name in _BY_NAME and not all(isinstance(argument, nodes.Const) for argument in node.args[:1]):
        yield node.lineno, "chooses an attribute while it runs"


def _calls(node: nodes.Call, macros: set[str]) -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    called = node.node
    if isinstance(called, nodes.Name):
        if called.name not in FUNCTIONS and called.name not in macros and called.name != "caller":
            yield node.lineno, f"calls {called.name}"
        if called.name == "range":
            for number in (part.value for part in node.find_all(nodes.Const) if isinstance(part.value, int)):
                if abs(number) > LARGEST_RANGE:
                    yield node.lineno, f"counts to {number:,}"
    elif isinstance(called, nodes.Getattr):
        if called.attr not in METHODS:
            yield node.lineno, f"calls {called.attr}"
    else:
        yield node.lineno, "calls something that it computed"


def _loops(node: nodes.For) -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    if node.recursive:
        yield node.lineno, "has a loop that calls itself"

    def depth(loop: nodes.Node) -> int:
        inner = [depth(child) for child in loop.iter_child_nodes()]
        return max(inner, default=0) + isinstance(loop, nodes.For)

    if depth(node) > DEEPEST_LOOPS:
        yield node.lineno, f"nests more than {DEEPEST_LOOPS} loops"
    counted = [loop for loop in (node, *node.find_all(nodes.For)) if _is_counted(loop)]
    if len(counted) > 1 and _is_counted(node):
        yield node.lineno, "nests loops over ranges of numbers"


def _is_counted(loop: nodes.For) -> bool:
    from jinja2 import nodes

    source = loop.iter
    return isinstance(source, nodes.Call) and isinstance(source.node, nodes.Name) and source.node.name == "range"


def read_format(source: str, *, file: str) -> ChatFormat:
    """What a template writes around messages, found by running it once in a child process.

    Raises:
        ModelError: the template does more than format text, takes too long, or swallows the messages.
    """
    check_template(source, file=file)
    from engine.inference.child import child_environment

    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.inference.chat_template"],
            input=source.encode("utf-8", errors="replace"),
            capture_output=True,
            check=False,
            env=child_environment(),
            timeout=SECONDS * 3,
        )
    except subprocess.TimeoutExpired as error:
        raise _refused("it does not come to an end", file) from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise ModelError(
            f"The chat template of this model does not work ({reason[-1] if reason else 'it used too much'}).",
            file=file,
            todo="Get the model from its maker, or choose another one.",
        )
    return ChatFormat(**json.loads(done.stdout))


_SYSTEM, _USER = "【instruction】", "【text】"


def _render(source: str) -> ChatFormat:
    """Run the template on two made-up conversations; only ever called in the child process."""
    from jinja2 import TemplateError

    template = _environment().from_string(source)

    def ask(messages: list[dict[str, str]]) -> str:
        # The beginning-of-sequence token is added when the prompt is tokenised, so here it is empty.
        words: dict[str, Any] = {"bos_token": "", "eos_token": "", "tools": None, "enable_thinking": False}
        return template.render(messages=messages, add_generation_prompt=True, **words)

    user = {"role": "user", "content": _USER}
    alone, after = _cut(ask([user]), _USER)
    try:
        before, rest = _cut(ask([{"role": "system", "content": _SYSTEM}, user]), _SYSTEM)
        between, with_system = _cut(rest, _USER)
    except TemplateError:
        return ChatFormat(alone, after)
    if with_system != after:
        return ChatFormat(alone, after)
    return ChatFormat(alone, after, before, between)


def _cut(text: str, mark: str) -> tuple[str, str]:
    from jinja2 import TemplateError

    before, found, after = text.partition(mark)
    if not found or mark in after:
        raise TemplateError("it does not show each message once")
    return before, after


def main(arguments: Sequence[str]) -> int:
    """Read a template from standard input and print its format as JSON, with little time and memory to do so."""
    forbid_network()
    if arguments[:1] == ["prove"]:
        print(json.dumps(attempt_all(Witness(**json.loads(arguments[1])))))
        return 0
    limit(seconds=SECONDS, memory=MEMORY_BYTES)
    source = sys.stdin.buffer.read().decode("utf-8")
    try:
        print(json.dumps(asdict(_render(source))))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
