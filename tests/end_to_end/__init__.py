"""The main job, by a real worker over a broker that needs nothing but Python: part of every `make test`."""
