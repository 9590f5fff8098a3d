"""The commands of `gradio-client`: what a command line may say, and the exit code.

Results go to standard output and everything else to standard error. A command imports its module
when it runs: importing the modules of all commands would take a fifth of the time of `info`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._version import __version__
from .connect import Settings, choose_endpoint, connected, listed_endpoints
from .failures import APP_FAILED, INTERRUPTED, WRONG_USAGE, exit_code, explain
from .listing import as_json, plain, table, write_json
from .options import connection

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_NAME = "gradio-client"
_MAX_WIDTH = 100  # columns of a table; longer lines are hard to read


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of this process; return the exit code."""
    if "_GRADIO_CLIENT_COMPLETE" in os.environ:
        from .completion import register

        register()
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


def _complete_endpoint(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from .completion import complete_endpoint

    return complete_endpoint(context, incomplete)


def _complete_item(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from .completion import complete_item

    return complete_item(context, incomplete)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def commands() -> None:
    """Describe and call Gradio apps.

    SRC is the address of an app, or the name of a Space, such as user/name.
    """


@commands.command()
@click.argument("src")
@click.argument("endpoint", required=False, shell_complete=_complete_endpoint)
@click.option("--json", "use_json", is_flag=True, help="Print JSON, with the schema of each value.")
@click.option(
    "--snippet",
    "language",
    type=click.Choice(["python", "javascript", "curl"]),
    help="Print a complete call with example values.",
)
@connection
def info(
    src: str, endpoint: str | None, *, use_json: bool, language: str | None, **settings: Any
) -> None:
    """Show an app's endpoints, with their parameters and results."""
    with connected(src, Settings(**settings)) as client:
        found = None if endpoint is None else choose_endpoint(client, endpoint)
        shown = listed_endpoints(client) if found is None else [found]
        if language is not None:
            chosen = choose_endpoint(client, endpoint)
            click.echo(client.snippet(fn_index=chosen.index, language=language))
            return
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
@click.argument(
    "items", nargs=-1, metavar="[ENDPOINT] [NAME=VALUE]...", shell_complete=_complete_item
)
@click.option(
    "--json",
    "document",
    metavar="FILE",
    help="File with the arguments as a JSON object or list, - for standard input, or the JSON "
    "itself.",
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
    help="Format of the result.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not show the job's progress.")
@connection
def call(src: str, items: tuple[str, ...], **given: Any) -> None:
    """Call an endpoint and print its result.

    ENDPOINT is optional if the app has only one. The type of the parameter decides how its VALUE is
    read: as a number, true or false, a JSON list or object, unchanged text, or the path or address
    of a file. NAME=@PATH uploads a file, NAME:=JSON passes JSON. Several values of one NAME make a
    list.
    """
    from .calling import CallOptions, call_endpoint

    call_endpoint(src, items, CallOptions(**given))


@commands.command()
@click.argument("src")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write."
)
@click.option(
    "--client",
    "kind",
    type=click.Choice(["blocking", "asyncio", "trio"]),
    default="blocking",
    show_default=True,
    help="The client that the module uses.",
)
@connection
def stubs(src: str, *, output: Path | None, kind: str, **settings: Any) -> None:
    """Write a typed client: a module with a method for each endpoint."""
    from .stubs import AppFacts, write_module

    with connected(src, Settings(**settings)) as client:
        facts = AppFacts(
            src=client.src,
            version=client.app_version,
            digest=client.api_digest,
            made_by=__version__,
        )
        module = write_module(listed_endpoints(client), facts, kind)
    if output is None:
        click.echo(module, nl=False)
    else:
        output.write_text(module, encoding="utf-8")


@commands.command("map")
@click.argument("src")
@click.argument("endpoint", required=False, shell_complete=_complete_endpoint)
@click.option(
    "--inputs", required=True, metavar="FILE", help="A .csv file, or a file with JSON on each line."
)
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the outcomes, as JSON lines.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="How many calls run at once.",
)
@click.option("--resume", is_flag=True, help="Skip the rows whose result is in the output.")
@click.option(
    "--file", "files", multiple=True, metavar="COLUMN", help="Column with paths of files to upload."
)
@click.option(
    "--save", type=click.Path(file_okay=False, path_type=Path), help="Folder for the app's files."
)
@click.option("-q", "--quiet", is_flag=True, help="Do not show the progress of the run.")
@connection
def map_command(src: str, endpoint: str | None, **given: Any) -> int:
    """Call an endpoint once for each row of a file.

    A row is a JSON object or list of arguments, or a line of a CSV whose columns are parameters.
    """
    from .batch import MapOptions, map_rows

    tally = map_rows(src, endpoint, MapOptions(**given))
    return APP_FAILED if tally.failed else 0


@commands.command()
@click.argument("src")
@connection
def doctor(src: str, **settings: Any) -> int:
    """Report an app's version, how fast it answers, and how this client talks to it."""
    from .doctor import examine

    report = examine(src, Settings(**settings))
    while True:
        try:
            title, text = next(report)
        except StopIteration as end:
            code: int = end.value
            return code
        click.echo(f"{title:<12}{text}")


@commands.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets a shell complete this command.

    In bash: source <(gradio-client completion bash)
    """
    from .completion import script

    click.echo(script(shell, _NAME), nl=False)
