"""Scans that a scheduler runs: what it is told, on Windows and elsewhere."""
