"""An app that says what its components made of the values that they got. Gradio 4.0 to 6.31."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import gradio as gr


def name(path: str) -> str:
    return os.path.basename(path)


def pick(event: gr.SelectData) -> str:
    return f"row {event.index[0]}: {event.value}"


def like(event: gr.LikeData) -> str:
    return f"{event.liked}: {event.value}"


def build() -> gr.Blocks:
    with gr.Blocks() as demo:
        said, button = gr.Textbox(), gr.Button()

        def add(api_name: str, component: Any, shown: Callable[[Any], object] = repr) -> None:
            button.click(lambda value: str(shown(value)), component, said, api_name=api_name)

        add("image", gr.Image(), lambda value: f"{value.shape} {value[0][0].tolist()}")
        add("video", gr.Video(), name)
        gallery = gr.Gallery(type="numpy")
        add("gallery", gallery, lambda value: [picture.shape for picture, _ in value])
        add("files", gr.File(file_count="multiple"), lambda value: [name(path) for path in value])
        add("editor", gr.ImageEditor(), lambda value: value["background"].shape)
        add("message", gr.MultimodalTextbox(), lambda value: [name(p) for p in value["files"]])
        add("table", gr.Dataframe(), lambda value: value.values.tolist())
        add("time", gr.DateTime(type="datetime"))
        add("day", gr.DateTime(type="string", include_time=False))
        add("number", gr.Number())
        add("json", gr.JSON())
        add("choice", gr.Radio([1.5, 2, "x"]))
        add("free", gr.Dropdown(["a", "b"], allow_custom_value=True))
        add("several", gr.CheckboxGroup(["one", "two"]))
        changing = gr.Dropdown(["a"])
        add("changing", changing)
        button.click(lambda: gr.update(choices=["b"]), None, changing, api_name="change")
        table, chat = gr.Dataframe([["a", 1], ["b", 2]]), gr.Chatbot()
        table.select(pick, None, said, api_name="pick")
        chat.like(like, None, said, api_name="like")
    return demo


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    build().queue().launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        show_error=True,
    )
    print(f"ready http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()
    os._exit(0)  # Gradio's own shutdown waits for jobs that still run
