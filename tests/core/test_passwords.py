import pytest

from refurb.core.passwords import weakness


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("court", "too-short"),
        ("x" * 201, "too-long"),
        ("aaaaaaaaaaaa", "too-simple"),
        ("1234567890", "too-simple"),
        ("azertyuiop", "too-simple"),
        ("MotDePasse2026!", "too-simple"),
        ("claire.martin1", "too-close"),
        ("trois lampes bleues", None),
        ("refurb-demo", None),
    ],
)
def test_weakness(password: str, why: str | None) -> None:
    assert weakness(password, known=("claire.martin@example.org", "Emmaüs")) == why
