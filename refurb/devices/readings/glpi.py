"""The GLPI agent's inventory, as JSON, or as the XML it sends to older servers."""

from refurb.devices.readings.document import Document
from refurb.devices.readings.inventory import family_of, read_inventory, sections_of
from refurb.devices.readings.reading import Reading
from refurb.devices.readings.registry import Format

NAME = "glpi"


def recognises(document: Document) -> bool:
    """An inventory whose client names itself of this family."""
    client, sections = sections_of(document)
    return bool(sections) and family_of(client) == NAME


def reads(document: Document) -> Reading:
    """Return what the inventory says."""
    _client, sections = sections_of(document)
    return read_inventory(sections, format=NAME)


FORMAT = Format(NAME, recognises, reads)
