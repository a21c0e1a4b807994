"""What everything else stands on: ids, clock, money, errors, JSON. Imports nothing of ours."""
