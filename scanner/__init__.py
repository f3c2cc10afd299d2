"""FACTS: from a machine or a folder of evidence to one Snapshot (design.md sections 2 and 3)."""
