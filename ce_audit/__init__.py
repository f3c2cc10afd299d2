"""THE COMMAND: the only place that knows all parts."""

__version__ = "0.1.0"
