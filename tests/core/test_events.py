"""An event that nobody would know how to read is not written."""

import pytest

from refurb.core.events import KINDS, EventRefused, check


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_asks_for_its_keys(kind: str) -> None:
    check(kind, dict.fromkeys(KINDS[kind], 1) | {"more": "is welcome"})
    for key in KINDS[kind]:
        with pytest.raises(EventRefused) as caught:
            check(kind, dict.fromkeys(KINDS[kind] - {key}))
        assert (caught.value.code, caught.value.keys) == ("missing-keys", frozenset({key}))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(EventRefused) as caught:
        check("device.teleported", {})
    assert caught.value.code == "unknown-kind"
