"""The `trunkline` command. Heavy imports happen inside commands, so that `--help` is fast."""
