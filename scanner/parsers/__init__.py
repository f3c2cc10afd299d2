"""Pure readers: (text or bytes, Origin) -> facts and problems; one kind of artefact a file."""
