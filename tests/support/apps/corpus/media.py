"""Files: pictures, sounds, videos, models and whatever else goes up and down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog import app, call, endpoint, gr, sent, stored

DOT, GREEN, NOTE, ROWS = sent("dot.png"), sent("green.png"), sent("note.txt"), sent("rows.csv")
TONE = sent("tone.wav")


def same(value: Any) -> Any:
    return value


@app(
    call("/array", DOT),
    call("/pil", DOT),
    call("/pil", None),
    call("/path", DOT),
    call("/value"),
    call("/value", GREEN),
)
def images() -> Any:
    with gr.Blocks() as blocks:
        png = gr.Image(format="png", label="Picture")
        path = gr.Image(type="filepath", label="Path")
        value = gr.Image(stored("dot.png"), type="filepath", label="With value")
        endpoint("array", lambda x: x[:, ::-1], gr.Image(), png)
        endpoint("pil", lambda x: x and x.convert("L"), gr.Image(type="pil"), png)
        endpoint("path", lambda x: [x, Path(x).name], path, [path, gr.Text()])
        endpoint("value", same, value, gr.Image())
    return blocks


@app(
    call("/editor", {"background": DOT, "layers": [GREEN], "composite": DOT}),
    call("/mask", {"background": DOT, "layers": [], "composite": None}),
    call("/paint", {"background": None, "layers": [], "composite": DOT}),
    call("/sketch", {"background": None, "layers": [], "composite": DOT}),
)
def image_editors() -> Any:
    def sizes(value: Any) -> Any:
        return {
            key: value[key] is not None and list(value[key].shape)
            for key in ("background", "composite")
        }

    with gr.Blocks() as blocks:
        editor, out = gr.ImageEditor(type="pil", label="Drawn"), gr.JSON(label="Sizes")
        endpoint(
            "editor",
            lambda x: [x["background"], len(x["layers"])],
            editor,
            [gr.Image(format="png"), gr.Number()],
        )
        endpoint("mask", sizes, gr.ImageMask(), out)
        endpoint("paint", sizes, gr.Paint(), out)
        endpoint("sketch", sizes, gr.Sketchpad(), out)
    return blocks


@app(call("/turn", [DOT, GREEN]), since="5.27")
def image_slider() -> Any:
    with gr.Blocks() as blocks:
        pair = gr.ImageSlider(type="filepath", label="Pair")
        endpoint("turn", lambda both: (both[1], both[0]), pair, pair)
    return blocks


@app(
    call("/annotate", DOT),
    call("/caption", [{"image": DOT, "caption": "red"}, {"image": GREEN, "caption": None}]),
)
def galleries() -> Any:
    with gr.Blocks() as blocks:
        gallery = gr.Gallery(type="filepath", label="Pictures")
        endpoint(
            "annotate",
            lambda path: (path, [((0, 0, 2, 2), "corner")]),
            gr.Image(type="filepath"),
            gr.AnnotatedImage(),
        )
        endpoint(
            "caption", lambda x: [(path, text or "none") for path, text in x], gallery, gallery
        )
    return blocks


@app(call("/array", TONE), call("/path", TONE), call("/path", None))
def audio() -> Any:
    with gr.Blocks() as blocks:
        path = gr.Audio(type="filepath", label="Path")
        endpoint("array", lambda x: (x[0], x[1][:100]), gr.Audio(), gr.Audio(format="wav"))
        endpoint("path", same, path, path)
    return blocks


@app(
    call("/video", sent("clip.mp4"), since="6"),
    call("/video", {"video": sent("clip.mp4"), "subtitles": None}, until="6"),
    call("/model", sent("shape.obj")),
)
def video_and_model() -> Any:
    with gr.Blocks() as blocks:
        endpoint("video", same, gr.Video(), gr.PlayableVideo())
        endpoint("model", same, gr.Model3D(), gr.Model3D(label="Shape"))
    return blocks


@app(
    call("/one", NOTE),
    call("/many", [NOTE, ROWS]),
    call("/bytes", NOTE),
    call("/value"),
    call("/value", ROWS),
)
def files() -> Any:
    with gr.Blocks() as blocks:
        one, back = gr.File(label="One"), gr.File(label="Back")
        many = gr.File(file_count="multiple", file_types=[".txt", ".csv"], label="Many")
        value = gr.File(stored("note.txt"), label="With value")
        endpoint("one", lambda path: [Path(path).read_text(), path], one, [gr.Text(), back])
        endpoint("many", lambda paths: list(reversed(paths)), many, gr.Files())
        endpoint("bytes", len, gr.File(type="binary"), gr.Number())
        endpoint("value", lambda path: Path(path).name, value, gr.Text())
    return blocks


@app(call("/carry", NOTE), call("/carry_many", [NOTE, ROWS]), call("/offer"), call("/got"))
def buttons_with_files() -> Any:
    def names(paths: list[str]) -> list[str]:
        return [Path(path).name for path in paths]

    with gr.Blocks() as blocks:
        up, many = gr.UploadButton("Up"), gr.UploadButton("Many", file_count="multiple")
        down = gr.DownloadButton("Down", value=stored("note.txt"))
        out = gr.JSON(label="Names")
        up.upload(same, up, down, api_name="carry")
        many.upload(names, many, out, api_name="carry_many")
        endpoint("offer", lambda: stored("rows.csv"), None, down)
        down.click(lambda path: [Path(path).name], down, out, api_name="got")
    return blocks


@app(
    call("/say", {"text": "hi", "files": [NOTE, DOT]}),
    call("/say", {"text": "no file", "files": []}),
)
def multimodal_textbox() -> Any:
    with gr.Blocks() as blocks:
        said = gr.MultimodalTextbox(label="Say", file_count="multiple")
        endpoint(
            "say",
            lambda x: [x["text"], x["files"], len(x["files"])],
            said,
            [gr.Text(), gr.Files(), gr.Number()],
        )
    return blocks


@app(call("/renew", "x"))
def updates_with_files() -> Any:
    """A function that updates a component and gives it a file at once."""

    def renew(text: str) -> Any:
        return [
            gr.Image(value=stored("dot.png"), label=text),
            gr.File(value=stored("note.txt"), visible=True),
        ]

    with gr.Blocks() as blocks:
        endpoint("renew", renew, gr.Text(), [gr.Image(), gr.File()])
    return blocks


@app(call("/speak", "abc"), call("/listen", TONE), call("/show", 2))
def streams() -> Any:
    """Sounds and pictures that follow each other in one output, and sound that is heard live."""

    def speak(text: str) -> Any:
        for _ in text:
            yield stored("tone.wav")

    def show(count: int) -> Any:
        for place in range(int(count)):
            yield stored(("dot.png", "green.png")[place])

    with gr.Blocks() as blocks:
        sound = gr.Audio(streaming=True, autoplay=True, label="Voice")
        mic, heard = gr.Microphone(streaming=True, label="Mic"), gr.Textbox(label="Heard")
        endpoint("speak", speak, gr.Textbox(label="Text"), sound)
        mic.stream(lambda piece: str(piece[0]), mic, heard, api_name="listen")
        endpoint("show", show, gr.Number(label="Count"), gr.Image(type="filepath", label="Frame"))
    return blocks
