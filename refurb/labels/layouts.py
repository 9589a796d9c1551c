"""The labels that can be printed: where they lie on their page, in millimetres."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """A sheet or roll of equal labels; a roll is a page of one label. Lengths in millimetres, from the top left."""

    name: str
    page_width: float
    page_height: float
    columns: int
    rows: int
    left: float
    top: float
    width: float
    height: float
    #: From one label's edge to the same edge of the next.
    across: float
    down: float
    #: What a printer may miss at each edge of a label, once the sheet has shifted a little.
    inset: float

    @property
    def per_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    def place(self, position: int) -> tuple[float, float]:
        """Return the top left corner of the label at `position`, from 0, row by row."""
        row, column = divmod(position % self.per_page, self.columns)
        return self.left + column * self.across, self.top + row * self.down


#: Avery's sheet of 21, the most sold in France; its makers' clones have the same measures.
L7160 = Layout(
    name="L7160",
    page_width=210,
    page_height=297,
    columns=3,
    rows=7,
    left=7.25,
    top=15.15,
    width=63.5,
    height=38.1,
    across=66,
    down=38.1,
    inset=2.5,
)
LAYOUTS = {layout.name: layout for layout in (L7160,)}
