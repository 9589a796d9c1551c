"""The pages of gifts: the public form, the giver's page, reception, count, counter. Each module adds its own."""

from refurb.donations import agreement, counting, deposit, follow, give, reception
from refurb.donations.pages import bp

__all__ = ["agreement", "bp", "counting", "deposit", "follow", "give", "reception"]
