"""What the workshop gives the machines' area: facts for the guards, the steps it scans, what follows a move."""

from flask import Flask

from refurb.devices import registry
from refurb.workshop import bench, locks, queries, services


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.ASKED["workshop"] = queries.ASKED
    registry.AFTER_MOVE["workshop"] = services.after_move
    registry.AFTER_MOVE["workshop.locks"] = locks.after_move
    registry.AFTER_REPORT["workshop"] = bench.after_report
