"""JUDGEMENT: pure functions over a Snapshot. No I/O, no clock, no environment (design.md section 2)."""
