"""Every command is declared once and found by key, palette and help."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter

import pytest
from textual.command import CommandPalette
from textual.dom import DOMNode

import tui
from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tui.app import BackroomApp
from tui.commands import available, key_text
from tui.palette import Commands
from tui.screens.base import AreaScreen
from tui.screens.dialogs import Choose, Confirm, ErrorDialog
from tui.widgets.key_bar import KeyBar


def declaring() -> list[type[DOMNode]]:
    """Every class of the app that declares commands."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        importlib.import_module(module.name)
    found: list[type[DOMNode]] = []
    waiting: list[type] = [DOMNode]
    while waiting:
        subclasses: list[type] = waiting.pop().__subclasses__()
        for cls in subclasses:
            waiting.append(cls)
            if cls.__module__.startswith("tui.") and "COMMAND_TABLE" in cls.__dict__ and cls not in found:
                found.append(cls)
    return found


@pytest.mark.parametrize("cls", declaring(), ids=lambda cls: cls.__name__)
def test_commands_are_complete_and_their_actions_exist(cls: type[DOMNode]) -> None:
    ids = Counter(command.id for command in cls.COMMAND_TABLE)  # type: ignore[attr-defined]
    keys = Counter(key for command in cls.COMMAND_TABLE for key in command.keys.split(","))  # type: ignore[attr-defined]
    assert not [name for name, times in {**ids, **keys}.items() if times > 1]
    for command in cls.COMMAND_TABLE:  # type: ignore[attr-defined]
        assert command.label and "." in command.id
        name = command.action.partition("(")[0]
        owner = AreaScreen if name.startswith("screen.") else cls
        assert hasattr(owner, "action_" + name.removeprefix("screen.")), command
    declared = {command.id for command in cls.COMMAND_TABLE}  # type: ignore[attr-defined]
    assert {binding.id for binding in cls.BINDINGS} == declared  # type: ignore[union-attr]


def test_no_key_of_a_screen_hides_one_of_the_app() -> None:
    app_keys = {key for command in BackroomApp.COMMAND_TABLE for key in command.keys.split(",")}
    for cls in declaring():
        if issubclass(cls, AreaScreen):
            own = {key for command in cls.COMMAND_TABLE for key in command.keys.split(",")}
            assert not own & app_keys, cls


async def test_help_lists_every_key_of_the_screen(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 60)) as pilot:
        for area in "1234":
            await pilot.press(area)
            await settle(pilot)
            commands = [command for _, command in available(app.screen)]
            await pilot.press("f1")
            await settle(pilot)
            shown = str(app.screen.query_one("#keys").render())
            for command in commands:
                assert key_text(command)[:15] in shown and command.label in shown, command
            await pilot.press("escape")
            await settle(pilot)


async def palette(app: BackroomApp) -> dict[str, str]:
    hits = [hit async for hit in Commands(app.screen).discover()]
    return {str(hit.text): str(getattr(hit, "display", "")) for hit in hits}


async def test_the_palette_offers_only_what_is_possible(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        entries = await palette(app)
        assert "shop: Read the shop" in entries and "[r]" in entries["shop: Read the shop"]
        assert "finding: mark as seen" in entries and "job: stop the job, keep what is done" not in entries
        await pilot.press("slash", *"no such words", "enter")
        await settle(pilot)
        assert "finding: mark as seen" not in await palette(app)


async def test_the_palette_runs_what_is_chosen(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"mark as seen")
        await app.workers.wait_for_complete()
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        while isinstance(app.screen, CommandPalette):
            await pilot.press("enter")
            await settle(pilot)
        assert shop.finding(1).state == "seen"


async def test_the_key_bar_has_at_most_eight_keys_that_fit(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        for keys in ("1", "enter", "enter", "2", "enter", "3", "4", "i"):
            await pilot.press(keys)
            await settle(pilot)
            line = screen_text(app).splitlines()[-1]
            assert "help" in line and "^q quit" in line and len(app.screen.query_one(KeyBar).commands) <= 8


async def test_a_click_on_the_key_bar_presses_the_key(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.click(KeyBar, offset=(screen_text(app).splitlines()[-1].index("seen"), 0))
        await settle(pilot)
        assert shop.finding(1).state == "seen"


async def test_letters_are_text_while_a_field_has_the_keys(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"1rsio", "colon")
        await settle(pilot)
        assert app.screen.query_one("#filter").value == "1rsio:"  # type: ignore[attr-defined]
        assert app.current_mode == "today" and app.job is None


async def test_dialogs_answer_by_key_and_escape(shop: Shop) -> None:
    app = BackroomApp(shop)
    answers: list[object] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for dialog, keys in (
            (Confirm("[b]Really?", "Yes", "No"), ["y"]),
            (Confirm("Really?", "Yes", "No"), ["escape"]),
            (Choose("Which?", ["[red]a", "bb", "b"]), ["b", "down", "enter"]),
            (ErrorDialog("[/bad markup", "do\x1b[2Jthis"), ["escape"]),
        ):
            app.push_screen(dialog, answers.append)
            await settle(pilot)
            await pilot.press(*keys)
            await settle(pilot)
    assert answers == [True, None, 2, None]


async def test_keys_can_be_rebound_by_id(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.set_keymap({"finding.seen": "f9"})
        await pilot.press("f9")
        await settle(pilot)
        assert shop.finding(1).state == "seen"


def test_actions_document_themselves() -> None:
    for cls in declaring():
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if name.startswith("action_") and method.__module__.startswith("tui."):
                assert inspect.getdoc(method), f"{cls.__name__}.{name}"
