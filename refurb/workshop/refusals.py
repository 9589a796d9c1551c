"""What a workshop cannot do, as stable codes; the sentences are in `words`."""


class WorkshopRefused(Exception):
    """A deed that the rules forbid; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
