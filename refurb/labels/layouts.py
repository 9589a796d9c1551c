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
    #: False where a label is too narrow for bars: it bears the square and the text.
    bars: bool = True

    @property
    def per_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    @property
    def is_roll(self) -> bool:
        """Whether labels come one by one, and none is half used."""
        return self.per_page == 1

    def place(self, position: int) -> tuple[float, float]:
        """Return the top left corner of the label at `position`, from 0, row by row."""
        row, column = divmod(position % self.per_page, self.columns)
        return self.left + column * self.across, self.top + row * self.down


def _roll(width: float, height: float) -> Layout:
    """Return a roll of labels of this size; its paper is led, so that it shifts less than a sheet."""
    return Layout(
        name=f"{width:.0f}x{height:.0f}",
        page_width=width,
        page_height=height,
        columns=1,
        rows=1,
        left=0,
        top=0,
        width=width,
        height=height,
        across=width,
        down=height,
        inset=1.5,
    )


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
#: The sheet of 14, for a machine seen from further.
L7163 = Layout(
    name="L7163",
    page_width=210,
    page_height=297,
    columns=2,
    rows=7,
    left=4.65,
    top=15.15,
    width=99.1,
    height=38.1,
    across=101.6,
    down=38.1,
    inset=2.5,
)
#: The sheet of 189 small ones, for chargers and modules.
L4731 = Layout(
    name="L4731",
    page_width=210,
    page_height=297,
    columns=7,
    rows=27,
    left=8.6,
    top=13.5,
    width=25.4,
    height=10,
    across=27.9,
    down=10,
    inset=1.2,
    bars=False,
)
LAYOUTS = {layout.name: layout for layout in (L7160, L7163, L4731, _roll(57, 32), _roll(62, 29), _roll(50, 25))}
