"""`python -m bench.rollups 10000000`: rows, questions and pages over the rollups of so many generations."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.rollups.filler import filled
from bench.rollups.pages import loads
from bench.rollups.questions import QUESTIONS, timed
from trunkline.storage.engine import open_engine, parse_url


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rollups", description=__doc__)
    parser.add_argument("generations", type=int, nargs="?", default=10_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url, rows = filled(home / "trunkline.db", given.generations)
        print("| table | rows |\n|---|---|")
        for name, count in rows.items():
            print(f"| {name} | {count:,} |")
        print("\n| question | ms | of the processor |\n|---|---|---|")
        with open_engine(parse_url(url), "reader").connect() as connection:
            for name, ask in QUESTIONS.items():
                print(f"| {name} | {timed(connection, ask):.1f} | {timed(connection, ask, time.thread_time):.1f} |")
        print("\n| address | ms | of the processor |\n|---|---|---|")
        for path, load in asyncio.run(loads(home, url)).items():
            print(f"| `{path}` | {load.ms:.1f} | {load.cpu_ms:.1f} |")


if __name__ == "__main__":
    main()
