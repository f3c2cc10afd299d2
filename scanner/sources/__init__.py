"""I/O only: live Windows, folders, zip bundles and hives -> bytes or text with its Origin."""
