"""What machines are called: some thousand names, as a département's stock has, the commonest often."""

_SERIES = (
    (
        "Lenovo",
        ("ThinkPad T4{}0", "ThinkPad T4{}0s", "ThinkPad X2{}0", "ThinkPad L4{}0", "ThinkPad E5{}0", "IdeaPad 3{}0-15"),
    ),
    (
        "Dell",
        (
            "Latitude E72{}0",
            "Latitude E54{}0",
            "Latitude 53{}0",
            "Precision 35{}0",
            "Inspiron 15-5{}58",
            "XPS 13-93{}0",
        ),
    ),
    ("HP", ("EliteBook 840 G{}", "EliteBook 850 G{}", "ProBook 450 G{}", "ProBook 640 G{}", "ZBook 15 G{}", "250 G{}")),
    ("Fujitsu", ("LIFEBOOK E7{}6", "LIFEBOOK U7{}7", "LIFEBOOK A5{}5")),
    ("ASUS", ("ASUSPRO P24{}0", "VivoBook X5{}2", "ZenBook UX4{}0")),
    ("Acer", ("TravelMate P2{}9", "Aspire A3{}5", "Extensa 215-5{}")),
    ("Toshiba", ("Portégé Z3{}", "Tecra A5{}", "Satellite Pro R5{}")),
    ("Apple", ("MacBook Pro 13 ({})", "MacBook Air 13 ({})")),
)
_ENDINGS = ("", "", " v2", " Touch", " i5", " i7")
#: Drawn from as they are: the first generations of each series stand there several times.
NAMES = [
    (maker, series.format(digit) + ending)
    for maker, many in _SERIES
    for series in many
    for digit in range(1, 8)
    for ending in _ENDINGS
]
