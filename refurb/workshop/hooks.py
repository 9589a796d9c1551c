"""What the workshop gives the machines' area: facts for the guards, the steps it scans, what follows a move."""

from flask import Flask

from refurb.core.workflow import Action
from refurb.devices import registry
from refurb.devices.registry import AfterMove, did
from refurb.workshop import bench, locks, queries, services


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.ASKED["workshop"] = queries.ASKED
    registry.AFTER_MOVE["workshop"] = AfterMove(lambda steps: did(steps, Action.INSTALL), services.after_move)
    registry.AFTER_MOVE["workshop.locks"] = AfterMove(locks.concerned, locks.after_move)
    registry.AFTER_REPORT["workshop"] = bench.after_report
