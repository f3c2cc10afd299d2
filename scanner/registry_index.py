r"""What registry evidence holds, and which keys it proves to be absent (design.md section 5).

"None" is not "not collected". That a key is not there is proven only by
- the statement of a source that walked the way to it (`AbsentKey`), for that key and all below it;
- a key above it as exports hold it, with everything below: there it would stand. Not so from a source that
  lists keys without what is below them, that lost some, or that knows a single Group Policy object.

Above keys of several programs a bare key proves nothing: an export of SOFTWARE always holds more, and older
collectors wrote such a key to say that one program's key below it is absent. It is believed where its source
also holds a key directly below it, as every export of it does, or where it is all that its source holds and
stands directly above the key in question, which it then can only be about. All of these exist on every
Windows, so the nearest one decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import CONTROL_SET, HKLM, SERVICES

_BROAD = frozenset(
    path.casefold()
    for path in (
        HKLM,
        rf"{HKLM}\SOFTWARE",
        rf"{HKLM}\SOFTWARE\WOW6432Node",
        rf"{HKLM}\SYSTEM",
        CONTROL_SET,
        SERVICES,
    )
)


class RegistryIndex:
    """The keys of all sources by their paths, in any case."""

    def __init__(self, keys: Iterable[RegistryKey], absent: Iterable[AbsentKey] = ()) -> None:
        self._absent = {found.path.casefold(): found for found in absent}
        self._keys: dict[str, list[RegistryKey]] = {}
        self._paths: dict[str, set[str]] = {}  # of each source
        self._parents: set[tuple[str, str]] = set()  # source, and a key that it holds a key directly below of
        for key in keys:
            path, source = key.path.casefold(), key.origin.source
            self._keys.setdefault(path, []).append(key)
            self._paths.setdefault(source, set()).add(path)
            self._parents.add((source, path.rpartition("\\")[0]))

    def at(self, path: str) -> Sequence[RegistryKey]:
        """Every copy of the key, in the order of their sources."""
        return self._keys.get(path.casefold(), ())

    def shows_tree(self, path: str) -> bool:
        """True where the evidence holds the key with all below it, or proves that it is absent."""
        return any(map(_is_with_all_below, self.at(path))) or self.absence(path) is not None

    def absence(self, path: str) -> AbsentKey | RegistryKey | None:
        """What proves that a key is absent which no source holds: a statement, or the key above it."""
        places = tuple(_upwards(path.casefold()))
        stated = next((self._absent[place] for place in places if place in self._absent), None)
        return stated or self._exported_above(places)

    def _exported_above(self, places: Sequence[str]) -> RegistryKey | None:
        for above in places[1:]:
            is_direct = above == places[1]
            for key in self._keys.get(above, ()):
                if _is_with_all_below(key) and self._is_believed(above, key.origin.source, is_direct):
                    return key
            if above in _BROAD:
                break
        return None

    def _is_believed(self, above: str, source: str, is_direct: bool) -> bool:
        is_alone = len(self._paths[source]) == 1
        return above not in _BROAD or (source, above) in self._parents or (is_direct and is_alone)


def _is_with_all_below(key: RegistryKey) -> bool:
    return not (key.childless or key.one_gpo)


def _upwards(path: str) -> Iterator[str]:
    """The path, then every key above it."""
    while path:
        yield path
        path = path.rpartition("\\")[0]
