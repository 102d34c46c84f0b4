"""The documented weaknesses of the shipped models: what each is, how it is shown, and what mends it.

A model's weaknesses stand in the module of its name here; `measure` runs them, `stored` keeps what was measured as
JSON and as a page beside it.

    weakness   what an entry says
    measure    from an entry to a row: as specified, under each switch alone, hardened
    parts      the schedules of one weakness, told as one
    stored     the rows as a file and as a page
    redex, …   the entries of each model
"""
