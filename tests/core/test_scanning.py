"""Command cards: their codes hang on walls, so they never change; and what a machine found late undergoes."""

from datetime import date

import pytest

from refurb.core.identity import CodeKind, check, kind_of
from refurb.core.permissions import Permission
from refurb.core.scanning import (
    COMMANDS,
    Belated,
    Command,
    Confirmation,
    Deed,
    Doing,
    Lands,
    catch_up,
    command_of,
    confirmation,
    lands,
    may_command,
    may_set,
)
from refurb.core.workflow import Action

#: What needs a page of its own has no card: setting aside, handing over, a theft, a wipe that is proved by its log.
WITHOUT_CARD = {
    Action.RECORD_WIPE, Action.RESERVE, Action.RELEASE, Action.HAND_OVER, Action.GIVE_BACK_TO_USER, Action.STEAL,
    Action.RECOVER, Action.GIVE_BACK,
}  # fmt: skip


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (date(2026, 11, 17), Lands.OPEN),
        (date(2026, 11, 18), Lands.ANEW),
        (date(2027, 1, 1), Lands.ANEW),
        (date(2026, 11, 16), Lands.EARLIER),
    ],
)
def test_a_pile_lasts_a_day(made: date, wanted: Lands) -> None:
    assert lands(date(2026, 11, 17), made) is wanted


def test_printed_cards_keep_their_meaning() -> None:
    """Known answers: a number given to another command would make every printed card lie."""
    assert {command.number: key for key, command in COMMANDS.items()} == {
        1: "inventory", 2: "triage:install", 3: "triage:repair", 4: "triage:parts", 5: "triage:weee",
        6: "triage:locked", 8: "start_wipe", 9: "diagnose", 10: "repair", 11: "wait_part", 12: "resume", 13: "install",
        14: "control", 15: "stock", 16: "prepare", 17: "return", 18: "reopen", 19: "lock", 20: "unlock", 21: "lose",
        22: "find", 23: "dismantle", 24: "scrap", 25: "destroy", 90: "open", 91: "anywhere", 92: "label", 93: "undo",
    }  # fmt: skip


def test_every_card_is_read_back_as_its_command() -> None:
    for key, command in COMMANDS.items():
        assert check(command.code)
        assert kind_of(command.code) is CodeKind.COMMAND
        assert command_of(command.code) is COMMANDS[key]
    assert command_of("C0000000092") is None


def test_every_move_has_a_card_or_a_page() -> None:
    carded = {command.action for command in COMMANDS.values() if command.action}
    assert carded | WITHOUT_CARD == set(Action)
    assert not carded & WITHOUT_CARD


def test_every_deed_has_one_card() -> None:
    assert sorted(c.deed for c in COMMANDS.values() if c.deed) == sorted(Deed)


# -- What is known late -----------------------------------------------------------------------------------------------
STOCK, SCRAP, LABEL = COMMANDS["stock"], COMMANDS["scrap"], COMMANDS["label"]
PLAIN = {"counting": False, "receiving": False, "held": True, "placed": False, "moved_on": False}


@pytest.mark.parametrize(
    ("command", "given", "belated"),
    [
        (None, {}, Belated.NOTHING),
        (None, {"placed": True}, Belated.PUT),
        (None, {"placed": True, "moved_on": True}, Belated.NOTHING),
        (STOCK, {}, Belated.MOVE),
        (STOCK, {"placed": True}, Belated.MOVE),  # the move puts it there too
        (STOCK, {"moved_on": True}, Belated.NOTHING),
        (SCRAP, {}, Belated.ASK),
        (SCRAP, {"moved_on": True}, Belated.ASK),  # nothing moves before somebody confirms
        (LABEL, {"placed": True, "moved_on": True}, Belated.LABEL),
    ],
)
def test_a_machine_found_late_undergoes_what_its_pile_asked(
    command: Command | None, given: dict[str, bool], belated: Belated
) -> None:
    assert catch_up(command, **PLAIN | given) is belated


@pytest.mark.parametrize("command", [None, *COMMANDS.values()])
def test_a_machine_found_late_is_counted_where_one_counts_and_left_where_one_may_not(command: Command | None) -> None:
    for moved_on in (False, True):
        given = PLAIN | {"placed": True, "moved_on": moved_on}
        assert catch_up(command, **given | {"counting": True}) is Belated.COUNT
        assert catch_up(command, **given | {"counting": True, "held": False}) is Belated.COUNT
        assert catch_up(command, **given | {"receiving": True}) is Belated.NOTHING
        assert catch_up(command, **given | {"held": False}) is Belated.NOTHING


# -- What may be set, and what waits -----------------------------------------------------------------------------------
@pytest.mark.parametrize("command", [None, *COMMANDS.values()], ids=lambda command: command.key if command else "place")
def test_nothing_is_set_behind_a_count(command: Command | None) -> None:
    leaves = command is not None and command.deed in (Deed.OPEN, Deed.UNDO)
    where = command is None or command.deed is Deed.ANYWHERE
    assert may_set(Doing.ANYTHING, command)
    assert may_set(Doing.RECEIVING, command) == (leaves or where), "a machine that arrives is put somewhere"
    assert may_set(Doing.COUNTING, command) == leaves


def test_a_machine_waits_for_one_confirmation() -> None:
    assert confirmation(SCRAP, []) is Confirmation.ASKED
    assert confirmation(SCRAP, ["scrap", "scrap"]) is Confirmation.ALREADY_ASKED
    assert confirmation(SCRAP, ["lose"]) is Confirmation.REPLACES
    assert confirmation(SCRAP, ["lose", "scrap"]) is Confirmation.REPLACES


def test_only_who_prints_labels_may_ask_for_them() -> None:
    label, opens = COMMANDS[Deed.LABEL.value], COMMANDS[Deed.OPEN.value]
    scans = {Permission.SCAN}
    assert not may_command(label, scans)
    assert may_command(label, {*scans, Permission.LABEL_PRINT})
    assert may_command(opens, scans)
    assert not may_command(COMMANDS["stock"], scans)
