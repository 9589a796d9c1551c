"""What a reset proves: nothing while an account or a card is in the way."""

from itertools import product
from typing import Any

import pytest

from refurb.core.media import Outcome
from refurb.core.pocket import ACCOUNTS, RESETS, ResetRefused, reset_outcome


@pytest.mark.parametrize(
    ("method", "account", "cards", "media"), list(product(RESETS, [*ACCOUNTS, None], [True, False, None], [0, 1, 2]))
)
def test_only_a_machine_without_account_or_card_is_reset(
    method: str, account: str | None, cards: bool | None, media: int
) -> None:
    free = account == "none" and cards is True and media < 2
    given: dict[str, Any] = {"account": account, "cards_removed": cards, "media": media}
    if free:
        assert reset_outcome(method, **given) is (
            Outcome.OK_WITH_RESERVATION if method == "reset-unknown" else Outcome.OK
        )
    else:
        with pytest.raises(ResetRefused):
            reset_outcome(method, **given)


def test_each_refusal_says_what_is_in_the_way() -> None:
    def code(**changes: Any) -> str:
        whole: dict[str, Any] = {"method": "reset-encrypted", "account": "none", "cards_removed": True, "media": 1}
        given = whole | changes
        with pytest.raises(ResetRefused) as caught:
            reset_outcome(given.pop("method"), **given)
        return caught.value.code

    assert code(method="hammer") == "method-unknown"
    assert code(account=None) == "account-unknown"
    assert code(account="apple") == "account-still-there"
    assert code(cards_removed=None) == "cards-unknown"
    assert code(cards_removed=False) == "cards-inside"
    assert code(media=2) == "several-media"
