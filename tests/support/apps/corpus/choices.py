"""Choices: what is shown, what is sent, and what the function gets."""

from __future__ import annotations

from typing import Any

from catalog import FILES, app, call, endpoint, gr


def same(value: Any) -> Any:
    return value


@app(
    call("/words", "tea"),
    call("/words"),
    call("/pairs", 2),
    call("/pairs"),
    call("/index", "b"),
)
def radios() -> Any:
    with gr.Blocks() as blocks:
        words = gr.Radio(["tea", "milk"], value="milk", label="Drink")
        pairs = gr.Radio([("small", 1), ("large", 2)], value=1, label="Size")
        endpoint("words", same, words, gr.Radio(["tea"]))
        endpoint("pairs", same, pairs, gr.Number())
        endpoint("index", same, gr.Radio(["a", "b"], type="index"), gr.Number())
    return blocks


@app(call("/words", ["a", "b c"]), call("/words", []), call("/words"), call("/numbers", [1, 2]))
def checkboxes() -> Any:
    with gr.Blocks() as blocks:
        words = gr.CheckboxGroup(["a", "b c", "d'e"], value=["a"], label="Some")
        endpoint("words", same, words, gr.CheckboxGroup(["a", "b c", "d'e"]))
        endpoint("numbers", sum, gr.CheckboxGroup([1, 2, 3], label="Numbers"), gr.Number())
    return blocks


@app(
    call("/one", "one"),
    call("/one"),
    call("/number", 1.5),
    call("/many", ["one"]),
    call("/many"),
    call("/own", "three"),
)
def dropdowns() -> Any:
    with gr.Blocks() as blocks:
        one = gr.Dropdown(["one", "two"], value="two", label="One")
        many = gr.Dropdown(["one", "two"], value=["one", "two"], multiselect=True, label="Many")
        own = gr.Dropdown(["one"], allow_custom_value=True, value="one", label="Own")
        endpoint("one", same, one, gr.Text())
        endpoint("number", lambda x: x * 2, gr.Dropdown([1.5, 2.0], label="Factor"), gr.Number())
        endpoint("many", same, many, gr.JSON())
        endpoint("own", same, own, own)
    return blocks


@app(call("/fill", 2), call("/pick", "item 0"))
def choices_that_change() -> Any:
    """A function that replaces the choices of a dropdown."""

    def fill(count: int) -> Any:
        names = [f"item {place}" for place in range(int(count))]
        return gr.Dropdown(choices=names, value=names[-1])

    with gr.Blocks() as blocks:
        pick = gr.Dropdown(["item 0"], label="Pick")
        endpoint("fill", fill, gr.Number(label="Count"), pick)
        endpoint("pick", same, pick, gr.Textbox(label="Out"))
    return blocks


@app(call("/names", [["note.txt"]]))
def file_explorer() -> Any:
    with gr.Blocks() as blocks:
        explorer = gr.FileExplorer(root_dir=str(FILES), glob="*.txt", label="Files")
        endpoint(
            "names", lambda paths: [path.rpartition("/")[2] for path in paths], explorer, gr.JSON()
        )
    return blocks
