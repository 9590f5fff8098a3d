"""Choices: what is shown, what is sent, and what the function gets."""

from __future__ import annotations

from typing import Any

from catalog import app, call, gr


@app(call("/predict", "tea"), call("/predict"))
def radio() -> Any:
    return gr.Interface(lambda x: x, gr.Radio(["tea", "milk"], value="milk"), gr.Radio(["tea"]))


@app(call("/predict", 2), call("/predict"))
def radio_of_pairs() -> Any:
    return gr.Interface(
        lambda x: x, gr.Radio([("small", 1), ("large", 2)], value=1, label="Size"), gr.Number()
    )


@app(call("/predict", "b"))
def radio_by_index() -> Any:
    return gr.Interface(lambda x: x, gr.Radio(["a", "b"], type="index"), gr.Number())


@app(call("/predict", ["a", "b c"]), call("/predict", []), call("/predict"))
def checkboxes() -> Any:
    return gr.Interface(
        lambda x: x,
        gr.CheckboxGroup(["a", "b c", "d'e"], value=["a"], label="Some"),
        gr.CheckboxGroup(["a", "b c", "d'e"]),
    )


@app(call("/predict", [1, 2]))
def checkboxes_of_numbers() -> Any:
    return gr.Interface(sum, gr.CheckboxGroup([1, 2, 3]), gr.Number())


@app(call("/predict", "one"), call("/predict"))
def dropdown() -> Any:
    return gr.Interface(lambda x: x, gr.Dropdown(["one", "two"], value="two"), "text")


@app(call("/predict", 1.5))
def dropdown_of_numbers() -> Any:
    return gr.Interface(lambda x: x * 2, gr.Dropdown([1.5, 2.0], label="Factor"), gr.Number())


@app(call("/predict", ["one"]), call("/predict"))
def dropdown_of_many() -> Any:
    return gr.Interface(
        lambda x: x, gr.Dropdown(["one", "two"], value=["one", "two"], multiselect=True), gr.JSON()
    )


@app(call("/predict", "three"))
def dropdown_with_own_values() -> Any:
    return gr.Interface(
        lambda x: x, gr.Dropdown(["one"], allow_custom_value=True, value="one"), gr.Dropdown(["x"])
    )


@app(call("/fill", 2), call("/pick", "item 0"))
def choices_that_change() -> Any:
    """A function that replaces the choices of a dropdown."""
    with gr.Blocks() as blocks:
        count, pick = gr.Number(label="Count"), gr.Dropdown(["item 0"], label="Pick")
        out = gr.Textbox(label="Out")

        def fill(count: int) -> Any:
            names = [f"item {place}" for place in range(int(count))]
            return gr.Dropdown(choices=names, value=names[-1])

        count.submit(fill, count, pick, api_name="fill")
        pick.change(lambda x: x, pick, out, api_name="pick")
    return blocks


@app(call("/predict", ["note.txt"]))
def file_explorer() -> Any:
    from catalog import FILES

    return gr.Interface(
        lambda paths: [path.rpartition("/")[2] for path in paths],
        gr.FileExplorer(root_dir=str(FILES), glob="*.txt"),
        gr.JSON(),
    )
