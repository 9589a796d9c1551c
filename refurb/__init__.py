"""Refurb: donated computers, from the organisations that give them to the households that receive them."""

__version__ = "0.1.0"
