"""Public libraries that import `gradio_client`, unchanged, on this package."""

from __future__ import annotations

import json

import pytest

from tests.live.other_packages import printed, with_official, without_official
from tests.support.live import LiveServer

INSTALL = """
import sys, gradio_client_httpx
gradio_client_httpx.install_as_gradio_client()
"""

SMOLAGENTS = """
from smolagents import Tool
tool = Tool.from_space(sys.argv[1], name="echo", description="Says it again.", api_name="/echo")
print(tool("hello"))
tool.client.close()
"""

GRADIO_TOOLS = """
from concurrent.futures import wait
from gradio_tools import GradioTool

class Echo(GradioTool):
    def create_job(self, query):
        job = self.client.submit(query, api_name="/echo")
        wait([job])
        return job

    def postprocess(self, output):
        return output

print(Echo("echo", "Says it again.", sys.argv[1]).run("hello"))
"""

HF_GRADIO = """
from hf_gradio.cli import app
app(["predict", sys.argv[1], "/two", '{"text": "hello", "number": 3}'])
"""


@pytest.mark.slow
def test_a_tool_of_smolagents_is_made_from_an_app(reference_app: LiveServer) -> None:
    said = printed(without_official(), "-c", INSTALL + SMOLAGENTS, reference_app.url)
    assert said.splitlines()[-1] == "hello"


@pytest.mark.slow
def test_a_tool_of_gradio_tools_runs_as_it_did_in_2023(reference_app: LiveServer) -> None:
    # It passes `hf_token`, which the official client no longer takes.
    said = printed(with_official(), "-c", INSTALL + GRADIO_TOOLS, reference_app.url)
    assert said.splitlines()[-1] == "hello"


@pytest.mark.slow
def test_the_command_line_of_hf_gradio_calls_an_app(reference_app: LiveServer) -> None:
    said = printed(with_official(), "-c", INSTALL + HF_GRADIO, reference_app.url)
    assert json.loads(said) == {"Answer": "hello", "Total": 3}
