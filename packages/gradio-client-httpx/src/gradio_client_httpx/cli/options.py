"""The options that every command has: how to connect, and with which credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--auth", metavar="USER", help="User of the app's login."),
    click.option(
        "--password",
        metavar="SOURCE",
        help="Source of the password: prompt, env:NAME or fd:NUMBER.",
    ),
    click.option(
        "--token",
        metavar="SOURCE",
        help="Source of a Hugging Face token: prompt, env:NAME, fd:NUMBER or none.",
    ),
    click.option(
        "--header", multiple=True, metavar="'NAME: VALUE'", help="Header to send with each request."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        envvar="GRADIO_CLIENT_TIMEOUT",
        metavar="SECONDS",
        help="Limit for each request, and for the result of a call.",
    ),
    click.option(
        "--insecure",
        is_flag=True,
        envvar="GRADIO_CLIENT_INSECURE",
        help="Accept any certificate.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        envvar="GRADIO_CLIENT_VERBOSE",
        help="Log requests, without secrets.",
    ),
)


def connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them as the arguments of `Settings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
