"""`python -m refurb` is the command `refurb`."""

from refurb.cli.main import main

main()
