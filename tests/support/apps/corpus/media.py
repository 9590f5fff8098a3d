"""Files: pictures, sounds, videos, models and whatever else goes up and down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog import app, call, gr, sent, stored

DOT, GREEN = sent("dot.png"), sent("green.png")


@app(call("/predict", DOT))
def image_as_array() -> Any:
    return gr.Interface(lambda x: x[:, ::-1], gr.Image(), gr.Image(format="png"))


@app(call("/predict", DOT), call("/predict", None))
def image_as_pil() -> Any:
    return gr.Interface(
        lambda x: x and x.convert("L"), gr.Image(type="pil"), gr.Image(format="png")
    )


@app(call("/predict", DOT))
def image_as_path() -> Any:
    return gr.Interface(
        lambda path: [path, Path(path).name],
        gr.Image(type="filepath", label="Picture"),
        [gr.Image(type="filepath"), "text"],
    )


@app(call("/predict"), call("/predict", GREEN))
def image_with_value() -> Any:
    return gr.Interface(lambda x: x, gr.Image(stored("dot.png"), type="filepath"), gr.Image())


@app(call("/predict", {"background": DOT, "layers": [GREEN], "composite": DOT}))
def image_editor() -> Any:
    return gr.Interface(
        lambda x: [x["background"], len(x["layers"])],
        gr.ImageEditor(type="pil", label="Drawn"),
        [gr.Image(format="png"), gr.Number()],
    )


@app(
    call("/mask", {"background": DOT, "layers": [], "composite": None}),
    call("/paint", {"background": None, "layers": [], "composite": DOT}),
    call("/sketch", {"background": None, "layers": [], "composite": DOT}),
)
def kinds_of_editors() -> Any:
    with gr.Blocks() as blocks:
        mask, paint, sketch = gr.ImageMask(), gr.Paint(), gr.Sketchpad()
        out = gr.JSON(label="Sizes")

        def sizes(value: Any) -> list[Any]:
            return [None if value[key] is None else list(value[key].shape) for key in
                    ("background", "composite")]

        gr.Button().click(sizes, mask, out, api_name="mask")
        gr.Button().click(sizes, paint, out, api_name="paint")
        gr.Button().click(sizes, sketch, out, api_name="sketch")
    return blocks


@app(call("/predict", [DOT, GREEN]), since="5.27")
def image_slider() -> Any:
    return gr.Interface(
        lambda pair: (pair[1], pair[0]),
        gr.ImageSlider(type="filepath"),
        gr.ImageSlider(type="filepath"),
    )


@app(call("/predict", DOT))
def annotated_image() -> Any:
    return gr.Interface(
        lambda path: (path, [((0, 0, 2, 2), "corner")]),
        gr.Image(type="filepath"),
        gr.AnnotatedImage(),
    )


@app(call("/predict", [{"image": DOT, "caption": "red"}, {"image": GREEN, "caption": None}]))
def gallery() -> Any:
    return gr.Interface(
        lambda pictures: [(path, caption or "none") for path, caption in pictures],
        gr.Gallery(type="filepath", label="Pictures"),
        gr.Gallery(),
    )


@app(call("/predict", sent("tone.wav")))
def audio_as_array() -> Any:
    return gr.Interface(
        lambda sound: (sound[0], sound[1][:100]), gr.Audio(), gr.Audio(format="wav")
    )


@app(call("/predict", sent("tone.wav")), call("/predict", None))
def audio_as_path() -> Any:
    return gr.Interface(lambda x: x, gr.Audio(type="filepath"), gr.Audio(type="filepath"))


@app(call("/predict", sent("clip.mp4")))
def video() -> Any:
    return gr.Interface(lambda x: x, gr.Video(), gr.PlayableVideo())


@app(call("/predict", sent("note.txt")))
def file() -> Any:
    return gr.Interface(
        lambda path: [Path(path).read_text(), path], gr.File(), ["text", gr.File(label="Back")]
    )


@app(call("/predict", [sent("note.txt"), sent("rows.csv")]))
def files() -> Any:
    return gr.Interface(
        lambda paths: list(reversed(paths)),
        gr.File(file_count="multiple", file_types=[".txt", ".csv"]),
        gr.Files(),
    )


@app(call("/predict", sent("note.txt")))
def file_as_bytes() -> Any:
    return gr.Interface(lambda data: len(data), gr.File(type="binary"), gr.Number())


@app(call("/predict"), call("/predict", sent("rows.csv")))
def file_with_value() -> Any:
    return gr.Interface(lambda path: Path(path).name, gr.File(stored("note.txt")), "text")


@app(call("/predict", sent("shape.obj")))
def model() -> Any:
    return gr.Interface(lambda x: x, gr.Model3D(), gr.Model3D(label="Shape"))


@app(call("/carry", sent("note.txt")), call("/carry_many", [sent("note.txt"), sent("rows.csv")]),
     call("/offer"), call("/got"))
def buttons_with_files() -> Any:
    with gr.Blocks() as blocks:
        up, many = gr.UploadButton("Up"), gr.UploadButton("Many", file_count="multiple")
        down = gr.DownloadButton("Down", value=stored("note.txt"))
        out = gr.JSON(label="Names")
        up.upload(lambda path: path, up, down, api_name="carry")
        many.upload(
            lambda paths: [Path(path).name for path in paths], many, out, api_name="carry_many"
        )
        gr.Button("Offer").click(lambda: stored("rows.csv"), None, down, api_name="offer")
        down.click(lambda path: Path(path).name, down, out, api_name="got")
    return blocks


@app(
    call("/predict", {"text": "hi", "files": [sent("note.txt"), DOT]}),
    call("/predict", {"text": "no file", "files": []}),
)
def multimodal_textbox() -> Any:
    return gr.Interface(
        lambda value: [value["text"], value["files"], len(value["files"])],
        gr.MultimodalTextbox(label="Say", file_count="multiple"),
        ["text", gr.Files(), gr.Number()],
    )


@app(call("/predict", "x"))
def updates_with_files() -> Any:
    """A function that updates a component and gives it a file at once."""
    return gr.Interface(
        lambda text: [
            gr.Image(value=stored("dot.png"), label="New"),
            gr.File(value=stored("note.txt"), visible=True),
        ],
        "text",
        [gr.Image(), gr.File()],
    )


@app(call("/speak", "abc"), call("/listen", sent("tone.wav")))
def streamed_audio() -> Any:
    def speak(text: str) -> Any:
        for _ in text:
            yield stored("tone.wav")

    with gr.Blocks() as blocks:
        text, sound = gr.Textbox(label="Text"), gr.Audio(streaming=True, autoplay=True, label="Voice")
        mic, heard = gr.Microphone(streaming=True, label="Mic"), gr.Textbox(label="Heard")
        text.submit(speak, text, sound, api_name="speak")
        mic.stream(lambda piece: str(piece[0]), mic, heard, api_name="listen")
    return blocks


@app(call("/show", 2))
def streamed_images() -> Any:
    """Pictures that follow each other in one output."""

    def show(count: int) -> Any:
        for place in range(int(count)):
            yield stored(("dot.png", "green.png")[place])

    with gr.Blocks() as blocks:
        count, picture = gr.Number(label="Count"), gr.Image(type="filepath", label="Frame")
        count.submit(show, count, picture, api_name="show")
    return blocks
