"""The errors a user can meet; caught in collect (-> Gap), the engine (-> error result) and the command."""


class ScannerError(Exception):
    """Something a user can act on; the message says what was wrong, where, and what to do."""


class SourceError(ScannerError):
    """A place to read from is missing, unreadable, or not evidence at all."""


class ParseError(ScannerError):
    """A whole artefact is unreadable: nothing in it can be trusted."""


class ConfigError(ScannerError):
    """A file the user wrote for us (catalogue, site file, flow list) is wrong."""
