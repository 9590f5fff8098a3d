"""The commands of `gradio-client`: what a command line may say, and the exit code.

Results go to standard output and everything else to standard error.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from .._version import __version__
from .calling import CallOptions, call_endpoint
from .connect import Settings, choose_endpoint, connected, listed_endpoints
from .failures import INTERRUPTED, WRONG_USAGE, exit_code, explain
from .listing import as_json, plain, table, write_json
from .options import connection

_NAME = "gradio-client"
_MAX_WIDTH = 100  # columns of a table; longer lines are hard to read


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of this process; return the exit code."""
    try:
        code = commands.main(arguments, prog_name=_NAME, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as abort:
        return INTERRUPTED if isinstance(abort.__cause__, KeyboardInterrupt) else WRONG_USAGE
    except Exception as error:  # noqa: BLE001 - whatever it is, its text says more than a traceback
        click.echo(f"{_NAME}: {explain(error)}", err=True)
        return exit_code(error)
    return code if isinstance(code, int) else 0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def commands() -> None:
    """Look at Gradio apps and call them.

    SRC is the address of an app, or the name of a Space, such as user/name.
    """


@commands.command()
@click.argument("src")
@click.argument("endpoint", required=False)
@click.option("--json", "use_json", is_flag=True, help="Print JSON, with the schema of each value.")
@connection
def info(src: str, endpoint: str | None, *, use_json: bool, **settings: Any) -> None:
    """Show what can be called: endpoints, their parameters and results."""
    with connected(src, Settings(**settings)) as client:
        found = None if endpoint is None else choose_endpoint(client, endpoint)
        shown = listed_endpoints(client) if found is None else [found]
        about = {"src": client.src, "version": client.app_version}
    if use_json:
        click.echo(write_json({**about, "endpoints": [as_json(each) for each in shown]}))
        return
    if found is None:
        count = "1 endpoint" if len(shown) == 1 else f"{len(shown)} endpoints"
        click.echo(f"{plain(about['src'])}  Gradio {plain(about['version'])}, {count}\n")
    for line in table(shown, min(shutil.get_terminal_size().columns, _MAX_WIDTH)):
        click.echo(line)


@commands.command()
@click.argument("src")
@click.argument("items", nargs=-1, metavar="[ENDPOINT] [NAME=VALUE]...")
@click.option(
    "--json",
    "document",
    metavar="FILE",
    help="A file with arguments, as a JSON object or list; - is standard input. Also takes the "
    "JSON itself.",
)
@click.option("--file", "files", multiple=True, metavar="NAME=PATH", help="Upload a file.")
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the app's files."
)
@click.option("--no-download", is_flag=True, help="Print the server's file objects instead.")
@click.option("--stream", is_flag=True, help="Print each output when it arrives, on one line.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of the result.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not show how the job is getting on.")
@connection
def call(src: str, items: tuple[str, ...], **given: Any) -> None:
    """Call an endpoint and print its result.

    An app with one endpoint needs no ENDPOINT. A VALUE is read by the parameter's type: numbers,
    true and false, JSON for lists and objects, text as it is, paths or addresses of files.
    NAME=@PATH uploads a file, NAME:=JSON passes JSON. Several values of a NAME are a list.
    """
    call_endpoint(src, items, CallOptions(**given))
