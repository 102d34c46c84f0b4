"""`python -m scenarios` is the same as `netsplit`."""

from .cli import main

main()
