"""RENDERING: one Report view model, one file per format (design.md section 2)."""
