"""JSON that comes from outside: what nests deeper than Python reads is no JSON, and no failure of ours."""

import json
from typing import Any

from flask.json.provider import DefaultJSONProvider


def loads(text: str | bytes) -> Any:
    """Read JSON; raises ValueError for what is none, however deep it goes."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


class Provider(DefaultJSONProvider):
    """What the application reads and writes JSON by: `request.get_json` takes ValueError for no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON; raises ValueError for what is none, however deep it goes."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deep") from error
