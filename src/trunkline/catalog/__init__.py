"""What exists and what it costs: bundled facts, the operator's overrides, one immutable snapshot of both."""
