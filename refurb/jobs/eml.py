"""Mail to a folder, one .eml file a message: what an instance without a mail server does, and a demo always."""

import os
import secrets
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

from flask_mailman.backends.base import BaseEmailBackend


def write(folder: Path, message: Message) -> Path:
    """Write the message as a file of its own, named by its time; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
    # It may hold an invitation's link: for the instance's owner alone.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    return path


class EmailBackend(BaseEmailBackend):
    """flask-mailman's way to `write`."""

    def __init__(self, *, folder: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = folder

    def send_messages(self, email_messages: list[Any]) -> int:
        """Write each message; return how many there were."""
        for message in email_messages:
            write(self.folder, message.message())
        return len(email_messages)
