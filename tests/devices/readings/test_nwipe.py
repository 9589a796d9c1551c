"""nwipe: three outcomes; the tool's "Erased" is a beginning, and what warns of the bench is a note (domain.md D.3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refurb.core.media import Outcome
from refurb.devices.readings.reading import Reading, Unreadable, Wipe
from refurb.devices.readings.registry import read
from tests.devices.readings.makers import STAMP, nwipe_log

SDA = ("/dev/sda", "ATA", "WDC WD5000LPVX-22V0TT0", "WD-WX41A0000001")
NVME = ("/dev/nvme0n1", "NVME", "SAMSUNG MZVLB256HAHQ-000L7", "S41GNX0M000000")


def reading(*drives: tuple[str, str, str, str], **how: Any) -> Reading:
    return read(nwipe_log(*(drives or (SDA,)), **how).encode())


def only(*drives: tuple[str, str, str, str], **how: Any) -> Wipe:
    (wipe,) = reading(*drives, **how).wipes
    return wipe


def test_a_clean_wipe_of_an_ata_disk_is_ok() -> None:
    wipe = only()
    assert (wipe.outcome, wipe.reasons) == (Outcome.OK, ())
    assert (wipe.device, wipe.model, wipe.serial) == ("/dev/sda", "WDC WD5000LPVX-22V0TT0", "WD-WX41A0000001")
    assert (wipe.method, wipe.tool, wipe.verify, wipe.hidden_area, wipe.size_gb) == (
        "PRNG Stream",
        "nwipe 0.34",
        "last",
        "none",
        500,
    )
    assert (wipe.started_at, wipe.ended_at) == ("2026-03-04T10:15:02", "2026-03-04T10:15:05")


def test_two_drives_are_two_wipes_with_their_own_outcome() -> None:
    log = nwipe_log(SDA, NVME).replace(" nvme0n1 | Erased |", " nvme0n1 |-FAILED-|")
    assert [(wipe.serial, wipe.outcome) for wipe in read(log.encode()).wipes] == [
        (SDA[3], Outcome.OK),
        (NVME[3], Outcome.FAILED),
    ]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"hidden": None}, "hidden-area-not-checked"),
        ({"hidden": "HIDDEN SECTORS INDETERMINATE! on {device}"}, "hidden-area-not-checked"),
        (
            {"hidden": None, "extra": ("sanity: Unrecognised HPA_status, should not be possible /dev/sda",)},
            "hidden-area-not-checked",
        ),
        ({"extra": ("warning:  *** HIDDEN SECTORS DETECTED ! *** on /dev/sda",)}, "hidden-area"),
        ({"hidden": None, "extra": ("warning: HIDDEN AREA DETECTED! on /dev/sda",)}, "hidden-area"),
        ({"verify": "0 (off)", "abbreviation": "NV"}, "not-verified"),
        ({"extra": ("warning: nwipe_static_pass: fdatasync suppressed on /dev/sda",)}, "warning: "),
        ({"extra": ("warning: 3 bad blocks on /dev/sda",)}, "warning: "),
        ({"summary": False, "final": ""}, "no-summary"),
    ],
)
def test_a_word_about_the_drive_is_a_reservation(how: dict[str, Any], reason: str) -> None:
    wipe = only(**how)
    assert wipe.outcome is Outcome.OK_WITH_RESERVATION
    assert any(said.startswith(reason) for said in wipe.reasons)


@pytest.mark.parametrize(
    "line",
    [
        "warning: hwmon: Unable to load module drivetemp, temperatures may be unavilable.",
        "warning: /dev/sda USB bridge, no pass-through support",
        "warning: Command not found. Install dmidecode !",
        "warning: smartctl failed for /dev/sda, no temperature",
    ],
)
def test_a_word_about_the_bench_is_a_note(line: str) -> None:
    found = reading(extra=(line,))
    assert [wipe.outcome for wipe in found.wipes] == [Outcome.OK]
    assert any(note.startswith("host: ") for note in found.warnings)


def test_a_hidden_area_taken_away_is_said_and_is_no_reservation() -> None:
    wipe = only(hidden="HIDDEN SECTORS DETECTED ! *** on {device}", extra=("info: No hidden sectors on /dev/sda",))
    assert (wipe.outcome, wipe.hidden_area) == (Outcome.OK, "reset")


@pytest.mark.parametrize(
    "drive", [NVME, ("/dev/sdb", "USB", "Disk behind a bridge", "U1"), ("/dev/vda", "VIRT", "Virtual", "V1")]
)
def test_hidden_areas_do_not_apply_to_nvme_usb_and_virtual_disks(drive: tuple[str, str, str, str]) -> None:
    wipe = only(drive)
    assert (wipe.outcome, wipe.hidden_area) == (Outcome.OK, "not_applicable")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"status": "-FAILED-"}, "failed"),
        ({"status": "--FAIL--"}, "failed"),
        (
            {
                "status": "UABORTED",
                "finished": False,
                "final": "Nwipe was aborted by the user. Check the summary table.",
            },
            "aborted",
        ),
        ({"status": "INSANITY"}, "failed"),
        ({"errors": (2, 0, 0)}, "errors: pass 2, verify 0, sync 0"),
        ({"errors": (0, 1, 0)}, "errors: pass 0, verify 1, sync 0"),
        ({"errors": (0, 0, 4)}, "errors: pass 0, verify 0, sync 4"),
        ({"extra": ("error: nwipe_static_pass: write: Input/output error on /dev/sda",)}, "error-in-log"),
        ({"extra": ("notice: [FAILURE] /dev/sda Verification errors, not empty",)}, "error-in-log"),
    ],
)
def test_what_is_a_failure(how: dict[str, Any], reason: str) -> None:
    wipe = only(**how)
    assert wipe.outcome is Outcome.FAILED
    assert any(said.startswith(reason) for said in wipe.reasons)


def test_a_run_that_was_stopped_with_no_error_is_not_ok() -> None:
    stopped = "Nwipe was aborted by the user. Check the summary table for the drive status."
    for how in ({"summary": False}, {"status": "Erased"}, {"status": "UABORTED"}):
        assert only(finished=False, final=stopped, **how).outcome is Outcome.FAILED


def test_a_disk_done_before_the_other_was_stopped_stays_ok() -> None:
    log = nwipe_log(SDA, final="Nwipe was aborted by the user. Check the summary table for the drive status.")
    assert [wipe.outcome for wipe in read(log.encode()).wipes] == [Outcome.OK]


def test_a_log_cut_in_the_middle_of_a_wipe_is_a_failure() -> None:
    log = nwipe_log(SDA)
    cut = log[: log.index("Finished pass")]
    (wipe,) = read(cut.encode()).wipes
    assert (wipe.outcome, wipe.reasons) == (Outcome.FAILED, ("not-finished",))


def test_fewer_bytes_written_than_the_disk_holds_is_a_failure() -> None:
    log = nwipe_log(SDA).replace("500107862016 bytes written", "499000000000 bytes written")
    (wipe,) = read(log.encode()).wipes
    assert "not-all-bytes-written" in wipe.reasons
    assert wipe.outcome is Outcome.FAILED


def test_bytes_the_tool_says_it_did_not_reach_are_a_reservation() -> None:
    table = (
        "******** Erasure Summary ********\n!   Device | Bytes Erased | Bytes Total | %\n"
        "      sda | 400000000000 | 500107862016 | 79.98\n" + "*" * 80
    )
    log = nwipe_log(SDA).replace("\n" + "*" * 33 + " Drive Status", "\n" + table + "\n\n" + "*" * 33 + " Drive Status")
    (wipe,) = read(log.encode()).wipes
    assert (wipe.outcome, wipe.reasons) == (Outcome.OK_WITH_RESERVATION, ("bytes-not-reached",))


def test_one_file_holds_several_runs_and_the_same_name_two_disks() -> None:
    other = ("/dev/sda", "ATA", "ST500LM000", "W3P0AAAA")
    found = read((nwipe_log(SDA) + nwipe_log(other, status="-FAILED-")).encode())
    assert [(wipe.serial, wipe.outcome) for wipe in found.wipes] == [(SDA[3], Outcome.OK), ("W3P0AAAA", Outcome.FAILED)]


def test_serials_that_were_hidden_are_unknown() -> None:
    found = reading((*SDA[:3], "XXXXXXXXXXXXXXX"))
    assert found.wipes[0].serial is None
    assert "serials-hidden" in found.warnings


def test_the_summary_alone_still_names_the_disk() -> None:
    log = nwipe_log(SDA)
    found = read(log[log.index("***") :].encode())
    (wipe,) = found.wipes
    assert (wipe.device, wipe.model, wipe.serial) == ("/dev/sda", "WDC WD5000LPVX-22", "WD-WX41A0000001")
    assert wipe.outcome is Outcome.OK_WITH_RESERVATION


def test_the_old_manner_without_tables() -> None:
    lines = [
        'info: Found drive model="HITACHI HTS54", device path="/dev/sda", size="160GB", serial number="070101BB0000"',
        "notice: Program options are set as follows...",
        "notice:   method   = DoD Short",
        "notice:   verify   = 1 (last pass)",
        "notice: Invoking method 'DoD Short' on /dev/sda",
        "notice: Starting round 1 of 1 on /dev/sda",
        "notice: 160041885696 bytes written to /dev/sda",
        "notice: Finished final round 1 of 1 on /dev/sda",
        "notice: Blanking device /dev/sda",
        "notice: Verifying that /dev/sda is empty.",
        "notice: [SUCCESS] Verified that /dev/sda is empty.",
        "notice: [SUCCESS] Blanked device /dev/sda",
        "info: Nwipe successfully exited.",
    ]
    log = "\n".join(f"{STAMP}01] nwipe: {line}" for line in lines)
    (wipe,) = read(log.encode()).wipes
    assert (wipe.serial, wipe.method, wipe.reasons) == ("070101BB0000", "DoD Short", ("hidden-area-not-checked",))


def test_what_the_log_says_of_the_machine() -> None:
    found = reading(
        extra=(
            "info: system-manufacturer = Dell Inc.",
            "info: system-product-name = Latitude 5480",
            "info: system-serial-number = 7ABCDE2",
            "info: chassis-type = Laptop",
        )
    )
    assert (found.manufacturer, found.model, found.serial, found.serial_trusted, found.form) == (
        "Dell Inc.",
        "Latitude 5480",
        "7ABCDE2",
        True,
        "laptop",
    )


def test_windows_line_ends_and_utf16_read_alike() -> None:
    log = nwipe_log(SDA)
    assert read(log.replace("\n", "\r\n").encode()).wipes == read(log.encode()).wipes
    assert read(log.encode("utf-16")).wipes == read(log.encode()).wipes


def test_a_log_without_a_drive_is_unreadable() -> None:
    with pytest.raises(Unreadable) as refusal:
        read(f"{STAMP}01]  notice: nwipe started\n".encode())
    assert refusal.value.code == "no-drive"


def test_a_disk_only_verified_is_a_reservation() -> None:
    log = nwipe_log(NVME).replace("PRNG Stream", "Verify Zeros (0x00)")
    (wipe,) = read(log.encode()).wipes
    assert (wipe.outcome, wipe.reasons) == (Outcome.OK_WITH_RESERVATION, ("verified-only",))


def test_ops2_verifies_its_last_random_pass() -> None:
    log = nwipe_log(NVME).replace(
        "Verifying that /dev/nvme0n1 is empty.", "Verifying final random pattern FRP on /dev/nvme0n1"
    )
    log = log.replace("Verified that /dev/nvme0n1 is empty.", "Verified FRP on '/dev/nvme0n1' matches")
    assert [wipe.outcome for wipe in read(log.encode()).wipes] == [Outcome.OK]


@settings(deadline=None, max_examples=150)
@given(
    status=st.sampled_from(["Erased", "-FAILED-", "UABORTED", "INSANITY"]),
    errors=st.tuples(*[st.sampled_from([0, 0, 0, 7])] * 3),
    finished=st.booleans(),
    verified=st.booleans(),
    hidden=st.sampled_from([None, "No hidden sectors on {device}", "HIDDEN SECTORS INDETERMINATE! on {device}"]),
    remark=st.booleans(),
    stopped=st.booleans(),
    bus=st.sampled_from(["ATA", "NVME", "USB"]),
)
def test_no_doubt_ever_passes_for_a_clean_wipe(
    status: str,
    errors: tuple[int, int, int],
    finished: bool,
    verified: bool,
    hidden: str | None,
    remark: bool,
    stopped: bool,
    bus: str,
) -> None:
    """The rule of domain.md D.3, told the other way round: what must hold for each outcome."""
    log = nwipe_log(
        ("/dev/sda", bus, "Disk", "SERIAL-1"),
        status=status,
        errors=errors,
        finished=finished,
        verify="1 (last pass)" if verified else "0 (off)",
        abbreviation="VL" if verified else "NV",
        hidden=hidden,
        extra=("warning: slow writes on /dev/sda",) if remark else (),
        final="Nwipe was aborted by the user." if stopped else "Nwipe successfully completed.",
    )
    (wipe,) = read(log.encode()).wipes
    broken = status != "Erased" or any(errors) or (stopped and not finished)
    hidden_settled = bus != "ATA" or hidden == "No hidden sectors on {device}"
    clean = finished and verified and not remark and hidden_settled
    expected = Outcome.FAILED if broken else Outcome.OK if clean else Outcome.OK_WITH_RESERVATION
    assert wipe.outcome is expected
    assert bool(wipe.reasons) == (expected is not Outcome.OK)
