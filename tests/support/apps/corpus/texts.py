"""Text, numbers, dates, code: components whose value is a word, a number or JSON."""

from __future__ import annotations

from typing import Any

from catalog import app, call, gr


@app(call("/predict", "Ada"), call("/predict", name="Grace"))
def interface_of_text() -> Any:
    return gr.Interface(lambda name: f"Hello {name}!", gr.Textbox(label="Name"), "text")


@app(call("/predict", "a"), call("/predict"), call("/predict", "b", 3))
def defaults() -> Any:
    return gr.Interface(
        lambda word, times: word * int(times),
        [gr.Textbox("x", label="Word"), gr.Number(2, label="How many times?")],
        gr.Textbox(label="Words"),
    )


@app(call("/predict", "one\ntwo"))
def text_area() -> Any:
    return gr.Interface(str.upper, gr.TextArea(lines=3), gr.TextArea())


@app(call("/predict", "hush"))
def password() -> Any:
    return gr.Interface(len, gr.Textbox(type="password", max_length=9), gr.Number(precision=0))


@app(call("/predict", 3), call("/predict", 2.5), call("/predict", None))
def number() -> Any:
    return gr.Interface(lambda x: x and x * 2, gr.Number(), gr.Number())


@app(call("/predict", 3.7), call("/predict", 12))
def whole_number() -> Any:
    return gr.Interface(
        lambda x: x + 1, gr.Number(1, precision=0, minimum=0, maximum=10), gr.Number(precision=0)
    )


@app(call("/predict"), call("/predict", 7))
def slider() -> Any:
    return gr.Interface(lambda x: x, gr.Slider(0, 10, value=4, step=1), gr.Slider(0, 10))


@app(call("/predict", True), call("/predict"))
def checkbox() -> Any:
    return gr.Interface(lambda x: not x, gr.Checkbox(label="Yes?"), gr.Checkbox())


@app(call("/predict", "print(1)"))
def code() -> Any:
    return gr.Interface(
        lambda text: text + "\n", gr.Code(language="python"), gr.Code(language="python")
    )


@app(call("/predict", "#00ff00"), call("/predict"))
def color() -> Any:
    return gr.Interface(lambda x: x, gr.ColorPicker("#ff0000"), gr.ColorPicker())


@app(call("/predict", "# Title"))
def markdown() -> Any:
    return gr.Interface(lambda x: x, gr.Markdown("*start*"), gr.Markdown())


@app(call("/predict", "<b>x</b>"))
def html() -> Any:
    return gr.Interface(lambda x: x, gr.HTML(), gr.HTML())


@app(call("/predict", {"a": [1, None, True]}), call("/predict", [1, "x"]))
def json() -> Any:
    return gr.Interface(lambda x: {"got": x}, gr.JSON(), gr.JSON())


@app(call("/text", "2024-05-06 07:08:09"), call("/stamp", "2024-05-06 07:08:09"), call("/day", "2024-05-06"))
def datetimes() -> Any:
    with gr.Blocks() as blocks:
        text = gr.DateTime(type="string", label="Text")
        stamp = gr.DateTime(type="timestamp", timezone="UTC", label="Stamp")
        day = gr.DateTime(type="datetime", include_time=False, timezone="UTC", label="Day")
        out = gr.JSON(label="Out")
        text.submit(lambda x: x, text, text, api_name="text")
        stamp.submit(lambda x: [x], stamp, out, api_name="stamp")
        day.submit(lambda x: [x.isoformat()], day, out, api_name="day")
    return blocks


@app(call("/predict", "a b"))
def highlighted() -> Any:
    return gr.Interface(
        lambda text: [(word, "even" if len(word) % 2 == 0 else None) for word in text.split()],
        "text",
        gr.HighlightedText(combine_adjacent=True),
    )


@app(call("/predict", [{"token": "a", "class_or_confidence": "x"}]))
def highlighted_input() -> Any:
    return gr.Interface(
        lambda spans: [list(span) for span in spans],
        gr.HighlightedText([("a", "b"), ("c", None)], interactive=True),
        gr.JSON(),
    )


@app(call("/predict", 0.25), call("/sure"), call("/number"))
def labels() -> Any:
    with gr.Blocks() as blocks:
        chance, label = gr.Number(label="Chance"), gr.Label(num_top_classes=2, label="Found")
        button = gr.Button()
        button.click(
            lambda p: {"cat": p, "dog": 1 - p, "cow": 0}, chance, label, api_name="predict"
        )
        button.click(lambda: "cat", None, label, api_name="sure")
        button.click(lambda: 5, None, label, api_name="number")
    return blocks


@app(call("/predict", "x"))
def parameters() -> Any:
    shown = {"size": {"type": "int", "description": "how many", "default": "3"}}
    return gr.Interface(lambda text: shown, "text", gr.ParamViewer(shown))


@app(call("/predict", *[1] * 5))
def labels_of_all_kinds() -> Any:
    """Labels that are no Python names, that repeat, or that a language reserves."""
    names = ["2nd (item)", "class", "Größe", "same", "same"]
    return gr.Interface(
        lambda *numbers: sum(numbers),
        [gr.Number(label=name) for name in names],
        gr.Number(label="Summe & Rest"),
    )


@app(call("/label_is_a_number", "x"))
def numbers_as_labels() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label=7)
        box.submit(lambda text: text, box, box, api_name="label_is_a_number")
    return blocks
