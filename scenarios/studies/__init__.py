"""Whole experiments: many runs, what was measured beside what was published, and the charts.

A study is a module here with a `STUDY`, or a manifest; `netsplit study NAME` runs it, its name being its path.

    study       what a study says, and what it comes to
    spread      its trials on several processes, in an order that depends on nothing
    keep        its tables, charts and rows as files
    manifest    a study as a TOML file: sweeps and figures
    experiment  what runs a manifest
"""
