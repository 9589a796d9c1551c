"""The harness itself: what it promises to the other tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import Headers

from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Databases
    from tests.factories import MakeOrganisation


def _count(session: Session) -> int:
    from refurb.organisations.models import Organisation

    return session.scalar(sa.select(sa.func.count()).select_from(Organisation)) or 0


def test_a_commit_is_rolled_back_1(session: Session, make_organisation: MakeOrganisation) -> None:
    assert _count(session) == 0
    make_organisation()
    session.commit()
    assert _count(session) == 1


def test_a_commit_is_rolled_back_2(session: Session, make_organisation: MakeOrganisation) -> None:
    test_a_commit_is_rolled_back_1(session, make_organisation)


def test_a_fresh_database_keeps_what_is_committed(fresh_app: Flask, database: str) -> None:
    from refurb.db import db, get_session
    from refurb.setup.services import put
    from refurb.web import now

    with fresh_app.app_context():
        put(get_session(), "a.key", 1, at=now())
        get_session().commit()
    with fresh_app.app_context():
        from refurb.setup.queries import setting

        assert setting(get_session(), "a.key") == 1
        assert db.engine.dialect.name == database


def test_a_password_is_cheap_in_tests_alone(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application's own hashing costs what RFC 9106 asks of a small machine, and what tests gave is then redone."""
    import argon2

    from refurb.accounts import passwords

    cheap = passwords.hash_password("trois mots faciles")
    assert argon2.extract_parameters(cheap).memory_cost == 64
    monkeypatch.setattr(passwords, "_hasher", databases.own_hasher)
    asked = argon2.extract_parameters(passwords.hash_password("trois mots faciles"))
    assert asked.type is argon2.Type.ID
    assert (asked.time_cost, asked.memory_cost, asked.parallelism) == (3, 65_536, 4)
    assert passwords.is_right(cheap, "trois mots faciles")
    assert not passwords.is_right(cheap, "trois mots difficiles")
    assert passwords.is_outdated(cheap)


def test_our_own_siret_numbers_have_a_right_key() -> None:
    from stdnum.fr import siret as checker

    assert all(checker.is_valid(siret(number)) for number in range(1, 50))


GOOD = """<html lang="fr"><head><title>T</title><script nonce="n">x</script></head><body><h1>H</h1>
<svg><use href="#check"></use></svg><img src="/a.png" alt=""><a href="/">là</a>
<form method="post" action="/x"><input type="hidden" name="csrf_token"><label for="a">A</label>
<input id="a" name="a" aria-describedby="e"><p class="error" id="e">Non</p><button>Oui</button></form></body></html>"""


@pytest.mark.parametrize(
    ("part", "broken", "said"),
    [
        ('lang="fr"', "", "html has no lang"),
        ("<h1>H</h1>", "", "0 h1"),
        ("<h1>H</h1>", "<h1>H</h1><h1>I</h1>", "2 h1"),
        ("<title>T</title>", "<title> </title>", "no title"),
        ('id="e"', 'id="a"', "id 'a' 2 times"),
        ('aria-describedby="e"', 'aria-describedby="e f"', "input aria-describedby names 'f', which is nowhere"),
        ('for="a"', 'for="b"', "label for names 'b', which is nowhere"),
        ('<label for="a">A</label>', "", "input 'a' has no label"),
        ("<button>Oui</button>", "<button> </button>", "button says nothing"),
        (">là</a>", "></a>", "a says nothing"),
        (">Non</p>", "></p>", "error 'e' says nothing"),
        (' alt=""', "", "img without alt"),
        ("#check", "#nothing-of-ours", "icon 'nothing-of-ours' is not in the sprite"),
        ('<input type="hidden" name="csrf_token">', "", "form to '/x' has no csrf_token"),
        ('action="/x"', 'action="//evil.example/x"', "form to another host: //evil.example/x"),
        ('nonce="n"', 'nonce="m"', "inline script without the nonce"),
        ("<body>", '<body style="color: red">', "inline style on body: color: red"),
        ("<body>", '<body onload="x()">', "body onload="),
        ('src="/a.png"', 'src="https://evil.example/a.png"', "img from another host: https://evil.example/a.png"),
    ],
)
def test_the_visitor_sees_what_is_wrong_with_a_page(part: str, broken: str, said: str) -> None:
    from werkzeug.test import TestResponse
    from werkzeug.wrappers import Request

    from tests.visitor import Page, icons, problems

    policy = {"Content-Security-Policy": "script-src 'nonce-n'"}
    answer = TestResponse([b""], "200 OK", Headers(policy), Request({}))
    assert problems(Page(GOOD.replace("#check", f"#{min(icons())}"), "lxml"), answer) == []
    assert part in GOOD
    page = Page(GOOD.replace(part, broken, 1).replace("#check", f"#{min(icons())}"), "lxml")
    assert any(problem.startswith(said) for problem in problems(page, answer))
