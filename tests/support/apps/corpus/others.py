"""Components that an app brings along, and odd buttons."""

from __future__ import annotations

import importlib
from typing import Any

from catalog import app, call, gr

base: Any = importlib.import_module("gradio.components.base")

# Gradio writes a stub beside each file that has a component of its own.
importlib.import_module("gradio.component_meta").create_or_modify_pyi = lambda *_: None


class Temperature(base.Component):
    """A component of the app's own: kelvin inside, degrees Celsius outside."""

    EVENTS = ("change",)

    def preprocess(self, payload: float | None) -> float | None:
        return None if payload is None else payload + 273.15

    def postprocess(self, value: float | None) -> float | None:
        return None if value is None else round(value - 273.15, 6)

    def api_info(self) -> dict[str, Any]:
        return {"type": "number", "description": "degrees Celsius"}

    def example_payload(self) -> float:
        return 20.0

    def example_value(self) -> float:
        return 293.15


class Shout(gr.Textbox):
    """A component that is one of Gradio's, with another way to show its value."""

    def postprocess(self, value: str | None) -> str | None:
        return None if value is None else super().postprocess(value.upper())

    def get_block_name(self) -> str:
        return "textbox"


@app(call("/predict", 20), call("/change", 1.5))
def own_component() -> Any:
    with gr.Blocks() as blocks:
        warm = Temperature(label="Warm")
        warm.change(lambda kelvin: kelvin + 1, warm, warm, api_name="change")
        gr.Button().click(lambda kelvin: kelvin, warm, warm, api_name="predict")
    return blocks


@app(call("/predict", "x"))
def own_textbox() -> Any:
    return gr.Interface(lambda x: x, gr.Textbox(label="In"), Shout(label="Out"), api_name="predict")


@app(call("/press"), call("/label", "new"))
def button_values() -> Any:
    with gr.Blocks() as blocks:
        button, box = gr.Button("Press"), gr.Textbox(label="Box")
        button.click(lambda name: name, button, box, api_name="press")
        box.submit(gr.Button, box, button, api_name="label")
    return blocks


@app(call("/predict", "x"), since="5.30")
def deep_link() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(lambda x: x, box, box, api_name="predict")
        gr.DeepLinkButton()
    return blocks


@app(call("/predict", "x"), since="6")
def html_with_template() -> Any:
    return gr.Interface(
        lambda x: x,
        gr.HTML("a", html_template="<b>${value}</b>", label="Bold"),
        gr.HTML(),
        api_name="predict",
    )
