"""The speed bar (docs/benchmarks.md): what we measure against, and the runs. `make bench`."""
