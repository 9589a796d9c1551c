"""What ends a thing that a process started when that process ends without doing so itself, killed -9 too."""

import subprocess


class Guard:
    """A shell that waits on a pipe: once nobody holds its other end, it runs `command`; `release()` sends it home."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(
            ["sh", "-c", f"read -r word || {{ {command}; }}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Of its own session: what the keyboard sends to us does not reach it.
            start_new_session=True,
            cwd="/",
        )

    def release(self) -> None:
        """The thing has ended in good order: nothing is left to do."""
        self._process.communicate(b"done\n")
