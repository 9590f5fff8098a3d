"""Tables and plots."""

from __future__ import annotations

import importlib
from typing import Any

from catalog import app, call, gr

pandas: Any = importlib.import_module("pandas")

PEOPLE = {"headers": ["name", "age"], "data": [["Ada", 36], ["Bob", 1]], "metadata": None}


@app(call("/predict", PEOPLE))
def dataframe() -> Any:
    return gr.Interface(
        lambda frame: frame.sort_values("age"),
        gr.Dataframe(headers=["name", "age"], datatype=["str", "number"], label="People"),
        gr.Dataframe(),
    )


@app(call("/predict", PEOPLE))
def dataframe_as_array() -> Any:
    return gr.Interface(lambda rows: rows[::-1], gr.Dataframe(type="array"), gr.Dataframe())


@app(call("/predict", {"headers": ["a"], "data": [[1], [2]], "metadata": None}))
def dataframe_as_numpy() -> Any:
    return gr.Interface(lambda x: x * 2, gr.Numpy(datatype="number"), gr.Numpy())


@app(call("/predict"), call("/predict", PEOPLE))
def dataframe_with_value() -> Any:
    return gr.Interface(
        lambda frame: len(frame), gr.DataFrame([["x", 1]], headers=["name", "age"]), gr.Number()
    )


@app(call("/matrix", {"headers": ["1"], "data": [[1.5]], "metadata": None}),
     call("/list", {"headers": ["1"], "data": [["x"]], "metadata": None}))
def matrix_and_list() -> Any:
    with gr.Blocks() as blocks:
        matrix, column = gr.Matrix(label="M"), gr.List(label="L")
        gr.Button().click(lambda x: x, matrix, matrix, api_name="matrix")
        gr.Button().click(lambda x: x, column, column, api_name="list")
    return blocks


@app(call("/predict", 3))
def styled_dataframe() -> Any:
    return gr.Interface(
        lambda n: pandas.DataFrame({"n": range(int(n))}).style.format("{:.1f}"),
        gr.Number(),
        gr.Dataframe(),
    )


@app(call("/line", 2), call("/bar", 2), call("/scatter", 2))
def native_plots() -> Any:
    def points(count: int) -> Any:
        return pandas.DataFrame({"x": range(int(count)), "y": range(int(count))})

    with gr.Blocks() as blocks:
        count = gr.Number(label="Count")
        for kind in (gr.LinePlot, gr.BarPlot, gr.ScatterPlot):
            plot = kind(x="x", y="y", label="Plot")
            name = kind.__name__.removesuffix("Plot").lower()
            count.submit(points, count, plot, api_name=name)
    return blocks


@app(call("/predict", 1))
def plot_of_nothing() -> Any:
    return gr.Interface(lambda x: None, gr.Number(), gr.Plot(label="Plot"))


@app(call("/pick", 1), call("/more"), call("/pick_row", 0))
def dataset() -> Any:
    with gr.Blocks() as blocks:
        box, number = gr.Textbox(label="Word"), gr.Number(label="Number")
        rows = gr.Dataset(components=[box, number], samples=[["a", 1], ["b", 2]], label="Rows")
        by_index = gr.Dataset(components=[box], samples=[["x"], ["y"]], type="index", label="Index")
        rows.click(lambda row: row, rows, [box, number], api_name="pick")
        by_index.click(lambda place: place, by_index, number, api_name="pick_row")
        gr.Button().click(lambda: gr.Dataset(samples=[["c", 3]]), None, rows, api_name="more")
    return blocks
