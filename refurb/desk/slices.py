"""What is asked for a whole pile at once is done by slices, each in a transaction of its own."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from refurb.desk.models import Scan

#: Machines in one transaction: a second of a slow disk, which others wait for.
SLICE = 100
#: Seconds after which a request stops between two slices: less than browsers and proxies wait for an answer.
LONGEST = 20.0


@dataclass(frozen=True)
class Slice:
    """How many were done, the others with the code of why not, and the number of the last scan it looked at."""

    done: int
    refused: Sequence[tuple[Scan, str]]
    last: int


def by_slices(session: Session, do: Callable[[int | None], Slice | None]) -> Iterator[Slice]:
    """Commit and give slice by slice; `do` makes the one that comes after a scan's number, None where nothing is left.

    A view commits once, so that a deed is whole or not at all. Here each machine is a deed of its own, and all of them
    in one transaction would be in the way: two thousand hold SQLite's one writer for half a minute, and others give up.
    Interrupted, what was done is done; asked again, it goes on with the rest.
    """
    until = time.monotonic() + LONGEST
    made = do(None)
    while made is not None:
        session.commit()
        yield made
        made = do(made.last) if time.monotonic() < until else None
