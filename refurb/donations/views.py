"""The pages of gifts: the public form, the giver's page, reception, count, counter. Each module adds its own."""

from refurb.donations import certifying, counting, deposit, follow, give, give_list, proofs, reception
from refurb.donations.pages import bp

__all__ = ["bp", "certifying", "counting", "deposit", "follow", "give", "give_list", "proofs", "reception"]
