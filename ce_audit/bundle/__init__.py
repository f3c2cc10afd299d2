"""Sealed bundles: written, signed, verified, judged again."""
