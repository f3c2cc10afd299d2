"""TOML files that users write, with the line of every mistake."""
