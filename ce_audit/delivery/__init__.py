"""From an assessment to the files a reader finds, whatever interrupts us."""
