"""Where the real evidence files are, for tests that read them in place; absent on most machines."""

from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the evidence corpus is not beside this checkout"
)
