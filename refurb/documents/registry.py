"""Who may see a paper: whoever may see the thing it is about, which only that thing's area can say.

Filled by each area's hooks: `documents.registry.SEES["lot"] = ...`.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from refurb.security import Actor

#: (session, id of the thing, who looks) -> may they see it.
Sees = Callable[[Session, int, Actor], bool]

SEES: dict[str, Sees] = {}
