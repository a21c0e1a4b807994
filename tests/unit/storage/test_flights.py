"""The flight recorder (operating.md OP-42)."""

import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.storage.flights import (
    FILES_MAX,
    PAYLOAD_MAX,
    SLOTS_PER_FILE,
    UNRECORDED,
    FlightRecorder,
    recover,
)


def files_in(home: Path) -> list[Path]:
    return sorted((home / "flights").iterdir())


def test_requests_in_the_air_of_a_killed_process_are_recovered_once(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from trunkline.storage.flights import FlightRecorder\n"
        "recorder = FlightRecorder(Path(sys.argv[1]))\n"
        "slots = [recorder.begin(b'flight %d' % number) for number in range(5)]\n"
        "recorder.end(slots[1]); recorder.end(slots[3])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    wreckage = recover(tmp_path)
    assert sorted(wreckage.payloads) == [b"flight 0", b"flight 2", b"flight 4"]
    assert recover(tmp_path).payloads == []  # somebody has taken them
    wreckage.forget()
    assert files_in(tmp_path) == []


def test_what_was_not_made_durable_is_recovered_by_the_next_start(tmp_path: Path) -> None:
    crashed = FlightRecorder(tmp_path)
    crashed.begin(b"flight")
    crashed.close()
    first = recover(tmp_path)
    first.close()  # the database was away
    second = recover(tmp_path)
    assert second.payloads == [b"flight"]
    second.forget()
    assert recover(tmp_path).payloads == []


def test_a_living_process_is_left_alone(tmp_path: Path) -> None:
    living = FlightRecorder(tmp_path)
    living.begin(b"flight")
    wreckage = recover(tmp_path)
    assert wreckage.payloads == []
    wreckage.forget()
    assert len(files_in(tmp_path)) == 1
    living.close()


def test_an_orderly_end_leaves_nothing(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path)
    recorder.end(recorder.begin(b"flight"))
    recorder.close()
    assert files_in(tmp_path) == []


def test_slots_are_used_again_and_files_are_added_when_all_are_taken(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path)
    for _ in range(3 * SLOTS_PER_FILE):
        recorder.end(recorder.begin(b"short"))
    assert len(files_in(tmp_path)) == 1
    slots = [recorder.begin(b"flight %d" % number) for number in range(SLOTS_PER_FILE + 1)]
    assert len(files_in(tmp_path)) == 2
    assert len(set(slots)) == len(recorder) == SLOTS_PER_FILE + 1
    recorder.close()
    wreckage = recover(tmp_path)
    assert sorted(wreckage.payloads) == sorted(b"flight %d" % number for number in range(SLOTS_PER_FILE + 1))
    wreckage.forget()


def test_a_shorter_flight_in_a_used_slot_is_read_without_the_longer_ones_tail(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path)
    recorder.end(recorder.begin(b"x" * PAYLOAD_MAX))
    recorder.begin(b"short")
    recorder.close()
    wreckage = recover(tmp_path)
    assert wreckage.payloads == [b"short"]
    wreckage.forget()


def test_what_finds_no_room_is_counted_and_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FILES_MAX > 1
    monkeypatch.setattr("trunkline.storage.flights.FILES_MAX", 1)
    recorder = FlightRecorder(tmp_path)
    assert recorder.begin(b"x" * (PAYLOAD_MAX + 1)) == UNRECORDED
    for _ in range(SLOTS_PER_FILE):
        recorder.begin(b"flight")
    assert recorder.begin(b"one too many") == UNRECORDED
    recorder.end(UNRECORDED)
    assert recorder.unrecorded == 2
    recorder.close()
    recover(tmp_path).forget()
