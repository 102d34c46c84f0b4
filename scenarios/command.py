"""What all commands share: arguments, how results and complaints leave, and exit codes."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from .complaints import UsageError
from .verdict import INTERNAL, INTERRUPTED, OK, UNEXPECTED, USAGE

SCENARIO = click.argument("scenario")
SET = click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Set a key of the scenario, as TOML.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn what a command returns or raises into an exit code; results go to stdout, complaints to stderr."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from sim.jury import BrokenProperty
        from sim.tracefile import BadTrace

        try:
            code = command(*args, **kwargs) or OK
        except (UsageError, BadTrace) as error:
            click.echo(str(error), err=True)
            code = USAGE
        except BrokenProperty as error:
            click.echo(f"{error}", err=True)
            code = UNEXPECTED
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception:
            traceback.print_exc()
            click.echo("netsplit itself is at fault: please report scenario, seed and the lines above", err=True)
            code = INTERNAL
        sys.exit(code)

    return run


def quoted(text: str) -> str:
    """Return a text as one argument of a shell."""
    import shlex

    return shlex.quote(text)


def print_json(value: Any) -> None:
    """Print a value as one JSON object."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False))
