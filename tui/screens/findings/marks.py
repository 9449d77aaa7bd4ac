"""What a seller can say of a finding: seen, acted on, dismissed with a reason."""

from __future__ import annotations

from engine.cells import one_line
from engine.findings import Finding
from tui.commands import Command
from tui.decisions import Decision
from tui.screens.base import AreaScreen

STATE_COMMANDS = (
    Command("finding.seen", "s", "mark('seen')", "mark as seen", footer="seen"),
    Command("finding.acted", "a", "mark('acted on')", "mark as acted on", footer="acted on"),
    Command("finding.new", "n", "mark('new')", "mark as new again"),
    Command("finding.dismiss", "d", "put_away", "dismiss, with a reason", footer="dismiss"),
)
WORDS_OF_SENTENCE = 40


class FindingMarks(AreaScreen):
    """What can be done to the finding at hand, in a list or alone."""

    def current(self) -> Finding | None:
        """The finding that a key is about."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marks need a finding, and a shop that can be written is seen when they are stored."""
        if action in ("mark", "put_away") and self.current() is None:
            return False
        return super().check_action(action, parameters)

    def action_mark(self, state: str, reason: str | None = None) -> None:
        """Give the finding a state."""
        finding = self.current()
        if finding is None or finding.id is None:
            return
        shop, number = self.shop, finding.id

        def as_before() -> bool:
            shop.set_state(number, finding.state, finding.state_reason)
            return True

        with self.room.errors_shown():
            shop.set_state(number, state, reason)
            words = one_line(self.room.sentence(finding))[:WORDS_OF_SENTENCE]
            self.room.decided(Decision(f"{state}: {words}", as_before))
            self.room.data_changed()

    def action_put_away(self) -> None:
        """Ask for a reason, then dismiss."""
        from tui.screens.dialogs import Ask

        def dismiss(reason: str | None) -> None:
            if reason is not None:
                self.action_mark("dismissed", reason.strip() or None)

        self.room.ask(Ask("Why is this not worth acting on?", placeholder="for example: fixed in May"), dismiss)
