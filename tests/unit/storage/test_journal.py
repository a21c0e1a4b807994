"""The journal's file: what was appended is there after `kill -9`, and damage costs no other record (OP-44)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.records import a_row
from trunkline.storage.interface import GenerationRow, StorageRefused
from trunkline.storage.journal import Journal, Unreadable, await_turn, dead_journals


def files_in(home: Path) -> list[Path]:
    return sorted((home / "journal").iterdir())


def found(journal: Journal) -> list[GenerationRow | Unreadable]:
    return [entry.found for entry in journal.entries(0, 1_000)]


def test_records_come_back_as_they_were_appended(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path)
    rows = [a_row(model=f"ümläut/{number}") for number in range(5)]
    for row in rows:
        journal.append(row)
    assert found(journal) == rows
    first, second = list(journal.entries(0, 2))
    assert [entry.found for entry in journal.entries(second.end, 2)] == rows[2:4]
    assert first.end < second.end < journal.size
    journal.clear()
    assert found(journal) == []
    journal.append(rows[0])
    assert found(journal) == rows[:1]


def test_records_of_a_killed_process_are_for_the_next_one_and_those_of_a_living_one_are_not(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.records import a_row; from trunkline.storage.journal import Journal\n"
        "journal = Journal.create(Path(sys.argv[1]))\n"
        "for number in range(3): journal.append(a_row(id=f'gen-{number}'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, cwd=root)
    living = Journal.create(tmp_path)
    living.append(a_row())
    (dead,) = dead_journals(tmp_path)
    assert [row.id for row in found(dead) if isinstance(row, GenerationRow)] == ["gen-0", "gen-1", "gen-2"]
    assert list(dead_journals(tmp_path)) == []  # somebody has taken it
    dead.clear()
    dead.close()
    assert len(files_in(tmp_path)) == 1


def test_an_empty_journal_leaves_no_file_and_one_with_records_stays(tmp_path: Path) -> None:
    Journal.create(tmp_path).close()
    assert files_in(tmp_path) == []
    journal = Journal.create(tmp_path)
    journal.append(a_row())
    journal.close()
    (again,) = dead_journals(tmp_path)
    assert len(found(again)) == 1
    again.close()


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_torn_end_is_told_from_the_records_before_it(tmp_path: Path, cut: int) -> None:
    journal = Journal.create(tmp_path)
    row = a_row()
    journal.append(row)
    whole = journal.size
    journal.append(a_row())
    (path,) = files_in(tmp_path)
    os.truncate(path, whole + cut)
    journal.size = whole + cut
    intact, torn = found(journal)
    assert intact == row
    assert isinstance(torn, Unreadable)
    assert len(torn.data) == cut


def test_a_damaged_record_is_never_taken_for_a_good_one(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path)
    journal.append(a_row())
    (path,) = files_in(tmp_path)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        (entry,) = found(journal)
        assert isinstance(entry, Unreadable)


def test_a_number_that_no_database_takes_is_refused_at_once(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path)
    with pytest.raises(StorageRefused):
        journal.append(a_row(cost_nanousd=2**70))
    assert journal.size == 0


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from tests.records import a_row; from trunkline.storage.journal import Journal\n"
        "journal = Journal.create(Path(sys.argv[1])); journal.append(a_row())\n"
        "one = journal.size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (one + 50, one + 50))\n"
        "try: journal.append(a_row())\n"
        "except OSError: print('refused', journal.size == one, len(list(journal.entries(0, 9))), one)\n"
    )
    root = Path(__file__).resolve().parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, cwd=root, capture_output=True, text=True
    )
    assert ran.stdout == f"refused True 1 {files_in(tmp_path)[0].stat().st_size}\n"


def test_recovery_waits_for_the_one_that_has_the_turn(tmp_path: Path) -> None:
    turn = await_turn(tmp_path)
    program = (
        "import sys; from pathlib import Path; from trunkline.storage.journal import await_turn\n"
        "print('asks', flush=True); await_turn(Path(sys.argv[1])); print('has it', flush=True)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "asks\n"
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(timeout=0.3)
    os.close(turn)
    assert other.stdout.readline() == "has it\n"
    other.stdout.close()
    assert other.wait() == 0
