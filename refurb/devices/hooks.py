"""What the machines' area installs besides its pages: those of the reports, and a new grade after the control."""

from flask import Flask

from refurb import outbox
from refurb.core.workflow import Action
from refurb.devices import grades, grading, grading_views, registry, report_views
from refurb.devices.registry import AfterMove, did


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.AFTER_MOVE["grades"] = AfterMove(lambda steps: did(steps, Action.CONTROL), grades.after_move)
    outbox.HANDLERS[grading.REGRADE] = grading.carry_out
    app.register_blueprint(report_views.bp)
    app.register_blueprint(grading_views.bp)
