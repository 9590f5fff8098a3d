"""Each small app of the corpus is described and answers as the official client has it.

What that client says on the newest Gradio is recorded in `fixtures/` by `python -m
scripts.pages.corpus --write`; where ours differs, `scripts/pages/corpus_reasons.py` tells why.
`scripts/pages/corpus.py` asks both clients side by side, on three generations.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import trio

import gradio_client_httpx
import gradio_client_trio
from scripts.environments.servers import NEWEST
from scripts.pages.corpus_reasons import REASONS
from tests.support import corpus
from tests.support.apps import caller
from tests.support.corpus import Answers, Corpus, Difference

LAYOUTS = {"Blocks", "ChatInterface", "Interface", "TabbedInterface"}
"""Classes that are an app and no part of one."""
WITHOUT_API = {"Workflow", "WorkflowCanvas", "Component"}
"""What has no endpoint to call, or is not used as it is."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Corpus, None, None]:
    with corpus.served(tmp_path_factory.mktemp("room")) as running:
        yield running


@pytest.fixture(scope="module")
def answers(served: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the client on threads says of all apps."""
    return caller.ask(gradio_client_httpx, served.question(tmp_path_factory.mktemp("ours")))


@pytest.fixture(scope="module")
def differences(answers: Answers) -> list[Difference]:
    return corpus.compare(corpus.recorded(), answers)


def test_every_difference_from_the_official_client_has_a_reason(
    differences: list[Difference],
) -> None:
    assert corpus.unexplained(differences, REASONS, NEWEST) == []


def test_every_reason_explains_something(differences: list[Difference]) -> None:
    assert corpus.without_effect(differences, REASONS, NEWEST) == []


def test_every_endpoint_is_called(served: Corpus) -> None:
    assert len(served.asked["apps"]) >= 60
    assert corpus.uncalled(served, corpus.recorded()) == []


def test_every_component_occurs_in_an_app(served: Corpus) -> None:
    missing = {name for name, block in served.components.items() if block not in served.used}
    assert missing == LAYOUTS | WITHOUT_API


def test_trio_gets_the_same_answers(
    served: Corpus, answers: Answers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    question = served.question(tmp_path_factory.mktemp("trio"))
    calls = {name: said["calls"] for name, said in answers.items() if "calls" in said}
    answered = trio.run(asked_with_trio, question, list(calls))
    assert [each for each in corpus.compare(calls, answered) if not varies(each)] == []


def varies(difference: Difference) -> bool:
    """Whether it is how many outputs a live sound has: the server may take one piece twice."""
    return difference.app == "streams" and difference.place == "/listen outputs"


async def asked_with_trio(question: dict[str, Any], names: list[str]) -> dict[str, dict[str, Any]]:
    """The calls of each of these apps, made by the client on trio."""
    answers: dict[str, dict[str, Any]] = {}
    limit = trio.CapacityLimiter(caller.WORKERS)

    async def ask(name: str) -> None:
        async with limit:
            answers[name] = await answered(question["apps"][name], question)

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(ask, name)
    return answers


async def answered(app: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    room = caller.Room(app, question)
    options = caller.options(app, question)
    names = caller.titles(app["calls"])
    async with gradio_client_trio.Client(app["url"], verbose=False, **options) as client:
        return {
            name: await made(client, call, room)
            for name, call in zip(names, app["calls"], strict=True)
        }


async def made(
    client: gradio_client_trio.Client, call: dict[str, Any], room: caller.Room
) -> dict[str, Any]:
    fill = gradio_client_trio.handle_file
    args, kwargs = caller.filled(call["args"], fill), caller.filled(call["kwargs"], fill)
    try:
        job = client.submit(*args, api_name=call["api_name"], **kwargs)
        return {"result": room.plain(await job.result()), "outputs": room.plain(job.outputs())}
    except Exception as error:  # noqa: BLE001 whatever it is, both drivers say it
        return caller.failed(error, room)
