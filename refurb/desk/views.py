"""The pages of the desk. Each module adds its own."""

from refurb.desk import badges, box, gun, installed, piles, stocktaking
from refurb.desk.pages import bp

__all__ = ["badges", "box", "bp", "gun", "installed", "piles", "stocktaking"]
