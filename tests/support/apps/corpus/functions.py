"""What a function may be: generator, batch, async, typed for `gr.api`, failing, slow."""

from __future__ import annotations

import importlib
from typing import Any, Literal

from catalog import app, call, gr


@app(call("/count", 3), call("/count", 0), call("/pairs", 2))
def generators() -> Any:
    def count(n: int) -> Any:
        yield from range(int(n))

    async def pairs(n: int) -> Any:
        for place in range(int(n)):
            yield place, "x" * place

    with gr.Blocks() as blocks:
        number, word = gr.Number(label="N"), gr.Textbox(label="Word")
        number.submit(count, number, number, api_name="count")
        number.submit(pairs, number, [number, word], api_name="pairs")
    return blocks


@app(call("/grow", 3), call("/shrink", 3), call("/nested", 2))
def edits() -> Any:
    """Outputs that change a little each time: what is sent is the change."""

    def grow(n: int) -> Any:
        for place in range(int(n)):
            yield {"words": ["w"] * place, "text": "t" * place}

    def shrink(n: int) -> Any:
        for place in range(int(n), 0, -1):
            yield list(range(place))

    def nested(n: int) -> Any:
        for place in range(int(n)):
            yield {"a": [{"b": place}, {"b": [place] * 2}]}

    with gr.Blocks() as blocks:
        number, out = gr.Number(label="N"), gr.JSON(label="Out")
        number.submit(grow, number, out, api_name="grow")
        number.submit(shrink, number, out, api_name="shrink")
        number.submit(nested, number, out, api_name="nested")
    return blocks


@app(call("/predict", "a", 2))
def batch() -> Any:
    def times(words: list[str], numbers: list[float]) -> Any:
        return [[word * int(n) for word, n in zip(words, numbers, strict=True)]]

    return gr.Interface(
        times, ["text", "number"], "text", batch=True, max_batch_size=4, api_name="predict"
    )


@app(call("/direct", "x"), call("/crash", "x"))
def without_queue() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(lambda x: x * 2, box, box, queue=False, api_name="direct")
        box.submit(lambda x: 1 / 0, box, box, queue=False, api_name="crash")
    return blocks


@app(call("/wait", "x"))
def asynchronous() -> Any:
    async def wait(text: str) -> str:
        await importlib.import_module("asyncio").sleep(0)
        return text

    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(wait, box, box, api_name="wait", concurrency_limit=None, concurrency_id="own")
    return blocks


@app(call("/refuse", "x"), call("/crash", "x"), call("/too_few", "x"), call("/late", 2))
def failures() -> Any:
    def refuse(text: str) -> str:
        raise gr.Error("not that", duration=3, title="No") if TITLED else gr.Error("not that")

    def late(n: int) -> Any:
        yield "first"
        raise gr.Error("second")

    with gr.Blocks() as blocks:
        box, out = gr.Textbox(label="Box"), gr.Textbox(label="Out")
        number = gr.Number(label="N")
        box.submit(refuse, box, box, api_name="refuse")
        box.submit(lambda x: {}[x], box, box, api_name="crash")
        box.submit(lambda x: [x], box, [box, out], api_name="too_few")
        number.submit(late, number, out, api_name="late")
    return blocks


PROGRESS = gr.Progress()
TITLED = gr.__version__.startswith(("5", "6"))


@app(call("/work", 3))
def progress() -> Any:
    def work(n: int, progress: Any = PROGRESS) -> int:
        total = 0
        for place in progress.tqdm(range(int(n)), desc="Working"):
            total += place
        progress(1.0, desc="Done")
        return total

    with gr.Blocks() as blocks:
        number = gr.Number(label="N")
        number.submit(work, number, number, api_name="work")
    return blocks


@app(call("/tell", "x"))
def messages() -> Any:
    def tell(text: str) -> str:
        gr.Info("so you know")
        gr.Warning("take care")
        return text

    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(tell, box, box, api_name="tell")
    return blocks


@app(call("/say", "x"), call("/say", ""), since="6")
def validated() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(
            lambda text: text,
            box,
            box,
            api_name="say",
            validator=lambda text: gr.validate(bool(text), "say something"),
        )
    return blocks


@app(
    call("/everything", 1),
    call("/everything", 1, b="c", c=2.5, d=False, e=["y"], f="q"),
    call("/union", "x"),
    call("/union", [1, None]),
    call("/objects", {"x": 1}, 3, [[1.5]]),
    since="5.20",
)
def typed() -> Any:
    """Endpoints with no component, whose types are those of the function."""

    def everything(
        a: int,
        b: str = "b",
        c: float | None = None,
        d: bool = True,
        e: list[str] = ["x"],  # noqa: B006
        f: Literal["p", "q"] = "p",
    ) -> tuple[int, str]:
        """All that an annotation can say.

        Args:
            a: a whole number
        """
        return a, f"{b} {c} {d} {e} {f}"

    def union(x: int | str | list[int | None]) -> list[str] | None:
        return [str(x)]

    def objects(point: dict[str, int], anything: Any, nested: list[list[float]]) -> dict[str, Any]:
        return {"point": point, "anything": anything, "nested": nested}

    with gr.Blocks() as blocks:
        for function in (everything, union, objects):
            gr.api(function, api_name=function.__name__)
    return blocks


@app(call("/numbers", 2), since="5.20")
def typed_generator() -> Any:
    def numbers(n: int) -> Any:
        yield from range(n)

    with gr.Blocks() as blocks:
        gr.api(numbers, api_name="numbers")
    return blocks


@app(call("/none"), call("/swallow", "x"), call("/many", 1, 2, 3))
def counts_of_values() -> Any:
    with gr.Blocks() as blocks:
        numbers = [gr.Number(label=f"N{place}") for place in range(3)]
        box = gr.Textbox(label="Box")
        gr.Button().click(lambda: None, None, None, api_name="none")
        gr.Button().click(lambda x: None, box, None, api_name="swallow")
        gr.Button().click(lambda *n: n[::-1], numbers, numbers, api_name="many")
    return blocks


@app(call("/documented", "x", 2))
def documented() -> Any:
    def documented(text: str, times: float = 2) -> str:
        """Say it again.

        Args:
            text: what to say
            times: how often
        """
        return text * int(times)

    with gr.Blocks() as blocks:
        box, number = gr.Textbox(label="Text"), gr.Number(2, label="Times")
        box.submit(documented, [box, number], box)
    return blocks
