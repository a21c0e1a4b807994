"""`python -m trunkline` and the `trunkline` command."""

import sys


def main() -> None:
    """Run the command line; exit status 0, 1 (failed) or 2 (usage)."""
    from trunkline.cli.main import cli

    sys.exit(cli())


if __name__ == "__main__":
    main()
