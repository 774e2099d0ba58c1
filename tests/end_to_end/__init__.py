"""Store, retry, revoke, chords and killed workers, over a real worker that needs only Python: part of `make test`."""
