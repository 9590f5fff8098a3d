"""Tables and plots."""

from __future__ import annotations

import importlib
from typing import Any

from catalog import app, call, endpoint, gr

pandas: Any = importlib.import_module("pandas")

PEOPLE = {"headers": ["name", "age"], "data": [["Ada", 36], ["Bob", 1]], "metadata": None}
NUMBERS = {"headers": ["a"], "data": [[1], [2]], "metadata": None}


@app(
    call("/pandas", PEOPLE),
    call("/array", PEOPLE),
    call("/numpy", NUMBERS),
    call("/value"),
    call("/value", PEOPLE),
    call("/matrix", NUMBERS),
    call("/list", NUMBERS),
    call("/styled", 3),
)
def dataframes() -> Any:
    def styled(count: int) -> Any:
        return pandas.DataFrame({"n": range(int(count))}).style.format("{:.1f}")

    with gr.Blocks() as blocks:
        people = gr.Dataframe(headers=["name", "age"], datatype=["str", "number"], label="People")
        value = gr.DataFrame([["x", 1]], headers=["name", "age"], label="With value")
        endpoint("pandas", lambda frame: frame.sort_values("age"), people, gr.Dataframe())
        endpoint("array", lambda rows: rows[::-1], gr.Dataframe(type="array"), gr.Dataframe())
        endpoint("numpy", lambda x: x * 2, gr.Numpy(datatype="number"), gr.Numpy())
        endpoint("value", len, value, gr.Number())
        endpoint("matrix", lambda x: x, gr.Matrix(label="M"), gr.Matrix())
        endpoint("list", lambda x: x, gr.List(label="L"), gr.List())
        endpoint("styled", styled, gr.Number(), gr.Dataframe())
    return blocks


@app(call("/line", 2), call("/bar", 2), call("/scatter", 2), call("/nothing", 1))
def plots() -> Any:
    def points(count: int) -> Any:
        return pandas.DataFrame({"x": range(int(count)), "y": range(int(count))})

    with gr.Blocks() as blocks:
        count = gr.Number(label="Count")
        endpoint("line", points, count, gr.LinePlot(x="x", y="y", label="Plot"))
        endpoint("bar", points, count, gr.BarPlot(x="x", y="y", label="Plot"))
        endpoint("scatter", points, count, gr.ScatterPlot(x="x", y="y", label="Plot"))
        endpoint("nothing", lambda x: None, count, gr.Plot(label="Plot"))
    return blocks


@app(call("/pick", 1), call("/more"), call("/pick_row", 0))
def dataset() -> Any:
    with gr.Blocks() as blocks:
        box, number = gr.Textbox(label="Word"), gr.Number(label="Number")
        rows = gr.Dataset(components=[box, number], samples=[["a", 1], ["b", 2]], label="Rows")
        by_index = gr.Dataset(components=[box], samples=[["x"], ["y"]], type="index", label="Index")
        rows.click(lambda row: row, rows, [box, number], api_name="pick")
        by_index.click(lambda place: place, by_index, number, api_name="pick_row")
        endpoint("more", lambda: gr.Dataset(samples=[["c", 3]]), None, rows)
    return blocks
