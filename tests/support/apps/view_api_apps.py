"""Many small apps behind one address, to compare how clients describe them.

It runs in the environment of Gradio 6.31, where only Gradio is installed, so it imports nothing
of this project. It prints `ready <url>` once it answers, where `<url>NAMES` lists the names of the
apps and `<url>NAME/` is the app; it stops when its standard input ends.

Settings, by environment variable: PORT (required), and APPS, the names of the apps to serve, with
commas between them; without it, all.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict

# Gradio is not installed where this file is checked.
gr: Any = importlib.import_module("gradio")
fastapi: Any = importlib.import_module("fastapi")
uvicorn: Any = importlib.import_module("uvicorn")

ROOM = Path(tempfile.gettempdir()) / "gradio-view-api-apps"
ROOM.mkdir(exist_ok=True)
BUILDERS: dict[str, Callable[[], Any]] = {}


def register(build: Callable[[], Any]) -> Callable[[], Any]:
    BUILDERS[build.__name__] = build
    return build


def picture() -> str:
    path = ROOM / "dot.png"
    importlib.import_module("PIL.Image").new("RGB", (2, 2)).save(path)
    return str(path)


def document() -> str:
    path = ROOM / "note.txt"
    path.write_text("a note")
    return str(path)


def same(value: Any) -> Any:
    return value


def through(name: str, make_input: Callable[[], Any], make_output: Callable[[], Any]) -> None:
    """Register an Interface with one component on each side."""

    def build() -> Any:
        return gr.Interface(same, make_input(), make_output(), flagging_mode="never")

    BUILDERS[name] = build


# One component on each side: what the value is and how it is described.

through("text", gr.Textbox, gr.Textbox)
through("text_with_value", lambda: gr.Textbox('it\'s "so"'), lambda: gr.Textbox(label="Out Put"))
through("text_info", lambda: gr.Textbox(label="Your Name (full)", info="as in a passport"), gr.Text)
through("number", gr.Number, gr.Number)
through("number_whole", lambda: gr.Number(3, precision=0, minimum=0, maximum=9), gr.Number)
through("slider", lambda: gr.Slider(0, 10, value=2.5, step=0.5), lambda: gr.Slider(0, 1))
through("checkbox", lambda: gr.Checkbox(True), gr.Checkbox)
through("checkboxes", lambda: gr.CheckboxGroup(["a", "b c", "d'e"], value=["a"]), gr.CheckboxGroup)
through("radio", lambda: gr.Radio(["x", ("why", 2)], value=2), lambda: gr.Radio([1, 2]))
through("dropdown", lambda: gr.Dropdown(["one", "two"], label="Pick"), gr.Dropdown)
through("dropdown_many", lambda: gr.Dropdown(["1", "2"], multiselect=True, value=["1"]), gr.JSON)
through("dropdown_free", lambda: gr.Dropdown(["1"], allow_custom_value=True, value=None), gr.Text)
through("image", lambda: gr.Image(type="filepath"), lambda: gr.Image(type="pil"))
through("image_with_value", lambda: gr.Image(picture(), type="filepath"), gr.Image)
through("audio", lambda: gr.Audio(type="filepath"), gr.Audio)
through("video", gr.Video, gr.Video)
through("file", gr.File, gr.File)
through("file_with_value", lambda: gr.File(document()), gr.File)
through("files", lambda: gr.File(file_count="multiple"), lambda: gr.File(file_count="multiple"))
through(
    "files_of_kind",
    lambda: gr.File([document()], file_types=[".txt"], file_count="multiple"),
    gr.Text,
)
through("gallery", gr.Gallery, gr.Gallery)
through("gallery_with_value", lambda: gr.Gallery([(picture(), "a dot")]), gr.Gallery)
through(
    "dataframe", lambda: gr.Dataframe(headers=["a", "b"], datatype=["str", "number"]), gr.Dataframe
)
through("dataframe_with_value", lambda: gr.Dataframe([[1, "x"]], headers=["n", "s"]), gr.DataFrame)
through("json", gr.JSON, gr.JSON)
through("json_with_value", lambda: gr.JSON({"a": [1, None, True]}), gr.JSON)
through("label", gr.Text, gr.Label)
through("highlighted", lambda: gr.HighlightedText([("a", "b"), ("c", None)]), gr.HighlightedText)
through("annotated", gr.Image, gr.AnnotatedImage)
through("chatbot", gr.Chatbot, gr.Chatbot)
through("plot", gr.Text, gr.Plot)
through("line_plot", gr.Text, gr.LinePlot)
through("model3d", gr.Model3D, gr.Model3D)
through("editor", gr.ImageEditor, gr.ImageEditor)
through("image_slider", gr.ImageSlider, gr.ImageSlider)
through("code", lambda: gr.Code("x = 1\ny = 2\n", language="python"), gr.Code)
through("color", lambda: gr.ColorPicker("#ff0000"), gr.ColorPicker)
through("date", gr.DateTime, gr.DateTime)
through("markdown", lambda: gr.Markdown("# hello"), gr.Markdown)
through("html", lambda: gr.HTML("<b>hi</b>"), gr.HTML)
through("multimodal", gr.MultimodalTextbox, gr.MultimodalTextbox)
through(
    "multimodal_with_value",
    lambda: gr.MultimodalTextbox({"text": "t", "files": [document()]}),
    gr.Text,
)
through("explorer", lambda: gr.FileExplorer(root_dir=str(ROOM)), gr.FileExplorer)
through("parameters", gr.Text, lambda: gr.ParamViewer({}))
through("kept", gr.State, gr.State)


# Blocks: what is listed, and under which name.


@register
def empty() -> Any:
    with gr.Blocks() as blocks:
        gr.Textbox()
    return blocks


@register
def buttons() -> Any:
    with gr.Blocks() as blocks:
        up, down = gr.UploadButton("Up"), gr.DownloadButton("Down")
        button, out = gr.Button("Go on"), gr.Textbox(label="out")
        button.click(same, button, out, api_name="press")
        up.upload(same, up, down, api_name="carry")
        gr.ClearButton(out)
        gr.Timer(60).tick(lambda: "tick", None, out)
    return blocks


@register
def several() -> Any:
    def shout(text: str, times: float = 2) -> tuple[str, int, list[str]]:
        """Say it louder.

        Args:
            text: what to say
            times: how often
        """
        return text.upper(), int(times), [text]

    with gr.Blocks() as blocks:
        a, b = gr.Textbox(label="A b"), gr.Number(2, label="times")
        out, many, more = gr.Textbox(label="Out"), gr.Number(label="Out"), gr.JSON(label="é!?")
        button = gr.Button()
        button.click(shout, [a, b], [out, many, more])
        button.click(shout, [a, b], [out, many, more])
        button.click(lambda *values: values[:2], [a, a, b], [a, a], api_name="twice")
        button.click(lambda: None, None, None, api_name="nothing")
        button.click(lambda text: None, a, None, api_name="swallow")
    return blocks


@register
def visibility() -> Any:
    with gr.Blocks() as blocks:
        box, button = gr.Textbox(label="box"), gr.Button()
        button.click(same, box, box, api_name="shown", api_description="It is *shown* <here>.")
        button.click(same, box, box, api_name="hidden", api_visibility="undocumented")
        button.click(same, box, box, api_name="secret", api_visibility="private")
        button.click(same, box, box, api_name="plain", api_description=False)
    return blocks


@register
def denied() -> Any:
    with gr.Blocks() as blocks:
        box, button = gr.Textbox(label="box"), gr.Button()
        button.click(same, box, box, api_name=False)
        button.click(same, box, box, api_visibility="undocumented")
    return blocks


@register
def in_the_browser() -> Any:
    with gr.Blocks() as blocks:
        box, button = gr.Textbox(label="box"), gr.Button()
        button.click(None, box, box, js="(x) => x + x")
        working = button.click(same, box, box, api_name="work")
        gr.Button().click(None, None, None, cancels=[working])
        gr.Button().click(lambda: "stopped", None, box, cancels=[working], api_name="stop")
        blocks.load(lambda: "loaded", None, box)
        box.change(same, box, box).then(same, box, box).success(same, box, box)
    return blocks


@register
def session_state() -> Any:
    with gr.Blocks() as blocks:
        box, kept = gr.Textbox(label="box"), gr.State([])
        browser = gr.BrowserState("here")
        box.submit(lambda x, s: (x, s), [box, kept], [box, kept], api_name="remember")
        box.submit(lambda s, x, y: (s, x), [kept, box, browser], [browser, box], api_name="mixed")
    return blocks


@register
def generators() -> Any:
    def count(n: int):
        yield from range(n)

    def batched(texts: list[str], numbers: list[float]) -> list[list[Any]]:
        return [texts, numbers]

    with gr.Blocks() as blocks:
        box, number = gr.Textbox(label="Text"), gr.Number(label="Number")
        box.submit(count, number, number, queue=False)
        box.submit(batched, [box, number], [box, number], batch=True, max_batch_size=4)
    return blocks


class Point(TypedDict):
    x: float
    label: str


@register
def typed() -> Any:
    def everything(
        a: int,
        b: str = "b",
        c: float | None = None,
        d: bool = True,
        e: list[str] = ["x"],  # noqa: B006
        f: Literal["p", "q"] = "p",
        g: dict[str, int] | None = None,
    ) -> tuple[int, str]:
        """All that an annotation can say.

        Args:
            a: a whole number
        """
        return a, b

    def objects(point: Point, any_value: Any, nested: list[list[float]]) -> dict[str, Any]:
        return {}

    def files(one: gr.FileData, many: list[gr.FileData]) -> gr.FileData:
        return one

    def union(x: int | str | list[int | None]) -> list[str] | None:
        return None

    with gr.Blocks() as blocks:
        for function in (everything, union, files, objects):
            gr.api(function, api_name=function.__name__)
    return blocks


@register
def names() -> Any:
    def keywords(class_: str, lambda_: str, été: str, _private: str, URL: str) -> str:  # noqa: PLC2401
        return ""

    with gr.Blocks() as blocks:
        boxes = [gr.Textbox(label=label) for label in ("class", "2nd item", "été", "", "a/b-c")]
        boxes[0].submit(keywords, boxes, boxes, api_name="keywords")
        boxes[0].submit(lambda *x: x, boxes, boxes, api_name="by label")
        boxes[0].submit(lambda x, *more: [x], boxes, boxes[0], api_name="some/path")
        boxes[0].submit(lambda a, b, **more: a, boxes[:2], boxes[0], api_name="Ünïcode")
    return blocks


@register
def oauth() -> Any:
    def whoami(text: str, token: gr.OAuthToken | None) -> str:
        return text

    def strict(text: str, token: gr.OAuthToken) -> str:
        return text

    with gr.Blocks() as blocks:
        box = gr.Textbox(label="box")
        box.submit(whoami, box, box)
        box.submit(strict, box, box)
    return blocks


@register
def pages() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="home")
        box.submit(same, box, box, api_name="home")
    with blocks.route("Second", "/second"):
        other = gr.Number(label="second")
        other.submit(same, other, other, api_name="away")
    return blocks


@register
def rendered() -> Any:
    with gr.Blocks() as blocks:
        count = gr.Slider(0, 3, value=1, step=1, label="count")

        @gr.render(inputs=count)
        def rows(n: int) -> None:
            for place in range(int(n)):
                row = gr.Textbox(label=f"row {place}")
                row.submit(same, row, row, api_name=f"row_{place}")

    return blocks


@register
def validated() -> Any:
    def check(text: str) -> Any:
        return gr.validate(bool(text), "say something")

    with gr.Blocks() as blocks:
        box = gr.Textbox(label="box")
        box.submit(same, box, box, validator=check)
    return blocks


@register
def talk() -> Any:
    return gr.ChatInterface(lambda message, history: message)


@register
def talk_with_more() -> Any:
    def answer(message: Any, history: Any, system: str, heat: float) -> str:
        return "yes"

    more = [gr.Textbox("Be kind.", label="System prompt"), gr.Slider(0, 1, value=0.5, label="Heat")]
    return gr.ChatInterface(answer, multimodal=True, additional_inputs=more)


@register
def tabs() -> Any:
    first = gr.Interface(same, "text", "text")
    second = gr.Interface(lambda a, b: a, ["number", "image"], "label", api_name="second")
    return gr.TabbedInterface([first, second], ["one", "two"])


@register
def with_examples() -> Any:
    return gr.Interface(
        lambda name, loud: name,
        [gr.Textbox(label="Name"), gr.Checkbox()],
        "text",
        examples=[["a", True]],
    )


@register
def live_interface() -> Any:
    return gr.Interface(lambda text: text, "text", ["text", "number"], live=True)


@register
def no_input() -> Any:
    return gr.Interface(lambda: "x", None, "text")


@register
def microphone() -> Any:
    with gr.Blocks() as blocks:
        audio, out = gr.Audio(streaming=True, label="sound"), gr.Textbox(label="words")
        audio.stream(lambda piece: "", audio, out, api_name="listen", time_limit=5)
    return blocks


# What strangers' apps have: labels that are no text, and names that two functions have.


@register
def chat() -> Any:
    return gr.ChatInterface(lambda message, history: f"you said {message}", api_name="chat")


@register
def numbered() -> Any:
    with gr.Blocks(title=7) as blocks:
        slots = [gr.Textbox(label=i) for i in range(1, 3)]
        out = gr.Textbox(label="Out")
        gr.Button().click(lambda a, b: f"{a} and {b}", slots, out, api_name="join")
    return blocks


@register
def translated() -> Any:
    t = gr.I18n(en={"greeting": "Hello", "who": "Your name"}, de={"greeting": "Hallo"})
    with gr.Blocks() as blocks:
        who, out = gr.Textbox(label=t("who")), gr.Textbox(label=t("greeting"))
        gr.Button().click(lambda name: f"hi {name}", who, out, api_name="greet")
    return blocks


def plugged(inner: Any) -> Any:
    """A Blocks inside another one, which renames the first `act` of it to the name of another."""
    with gr.Blocks() as blocks:
        top = gr.Textbox(label="Top")
        gr.Button().click(lambda: "top", None, top, api_name="act")
        inner.render()
    return blocks


@register
def named_twice() -> Any:
    with gr.Blocks() as inner:
        who, said = gr.Textbox(label="Your name"), gr.Textbox(label="Said")
        often = gr.Number(value=7, label="How often")
        button = gr.Button()
        button.click(
            lambda name, times=2: f"{name} " * int(times), [who, often], said, api_name="act"
        )
        button.click(lambda: "", None, said, api_name="act_1", api_visibility="undocumented")
    return plugged(inner)


@register
def named_twice_with_defaults() -> Any:
    with gr.Blocks() as inner:
        who, said = gr.Textbox(label="Who"), gr.Textbox(label="Said")
        seven, many = gr.Number(value=7, label="Seven"), gr.Number(value=99, label="Many")
        button = gr.Button()
        button.click(lambda name, times: f"{name}*{times}", [who, seven], said, api_name="act")
        button.click(
            lambda word, count: f"{word}/{count}",
            [who, many],
            said,
            api_name="act_1",
            api_visibility="undocumented",
        )
    return plugged(inner)


@register
def listed_twice() -> Any:
    with gr.Blocks() as inner:
        who, said = gr.Textbox(label="Who"), gr.Textbox(label="Said")
        button = gr.Button()
        button.click(lambda name: f"first {name}", who, said, api_name="act")
        button.click(lambda word: f"second {word}", who, said, api_name="act_1")
    return plugged(inner)


def built() -> dict[str, Any]:
    """The apps that were asked for, without routes.

    Gradio makes the routes of Blocks twice while they are built and again when they are mounted,
    which takes most of the time of starting; the first two are left out.
    """
    names = os.environ["APPS"].split(",") if "APPS" in os.environ else BUILDERS
    routes = gr.routes.App
    create, routes.create_app = routes.create_app, lambda *_, **__: routes()
    try:
        return {name: BUILDERS[name]() for name in names}
    finally:
        routes.create_app = create


class Announced(uvicorn.Server):
    """A server that says when it is ready."""

    async def startup(self, *args: Any, **kwargs: Any) -> None:
        await super().startup(*args, **kwargs)
        print(f"ready http://127.0.0.1:{self.config.port}/", flush=True)


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    gc.disable()  # collecting while apps are built takes a fifth of the start
    port = int(os.environ["PORT"])
    application = fastapi.FastAPI()
    served: list[str] = []

    @application.get("/NAMES")
    def listing() -> list[str]:
        return served

    for name, blocks in built().items():
        application = gr.mount_gradio_app(application, blocks, path=f"/{name}", ssr_mode=False)
        served.append(name)
    gc.enable()
    threading.Thread(target=end_with_input, daemon=True).start()
    Announced(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="critical")).run()


if __name__ == "__main__":
    main()
