"""Money that moves: ledger, holds, credits, and the proof that they agree."""
