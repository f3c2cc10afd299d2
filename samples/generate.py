"""Writes the samples: `python samples/generate.py [FOLDER]` (default: here). The same bytes always."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import compliant_core
import drifted_core
import fresh_dynamic
import gpo_ignores_local
import half_collected
import operator_prompt_block
from bundle import write
from story import Sample, sample_files

SCENARIOS = (
    compliant_core,
    drifted_core,
    fresh_dynamic,
    operator_prompt_block,
    gpo_ignores_local,
    half_collected,
)


def main(target: Path) -> None:
    """Replace every sample's folder below `target`."""
    for scenario in SCENARIOS:
        _replace(target, scenario.sample())


def _replace(target: Path, sample: Sample) -> None:
    folder = target / sample.folder
    if folder.exists():
        shutil.rmtree(folder)
    write(folder, sample_files(sample))
    print(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
