"""Text, numbers, dates, code: components whose value is a word, a number or JSON."""

from __future__ import annotations

from typing import Any

from catalog import app, call, endpoint, gr


def greet(name: str) -> str:
    return f"Hello {name}!"


@app(
    call("/greet", "Ada", since="6"),
    call("/greet", name="Grace", since="6"),
    call("/predict", "Ada", until="6"),
    call("/predict", name="Grace", until="6"),
)
def interface_of_text() -> Any:
    """The plainest app of all; from Gradio 6 on its endpoint has the function's name."""
    return gr.Interface(greet, gr.Textbox(label="Name"), "text")


@app(call("/repeat", "a"), call("/repeat"), call("/repeat", "b", 3), call("/repeat", times=1))
def defaults() -> Any:
    return gr.Interface(
        lambda word, times: word * int(times),
        [gr.Textbox("x", label="Word"), gr.Number(2, label="How many times?")],
        gr.Textbox(label="Words"),
        api_name="repeat",
    )


@app(
    call("/area", "one\ntwo"),
    call("/password", "hush"),
    call("/code", "print(1)"),
    call("/color", "#00ff00"),
    call("/color"),
    call("/markdown", "# Title"),
    call("/markdown"),
    call("/html", "<b>x</b>"),
    call("/json", {"a": [1, None, True]}),
    call("/json", [1, "x"]),
    call("/parameters", "x"),
)
def texts() -> Any:
    shown = {"size": {"type": "int", "description": "how many", "default": "3"}}
    with gr.Blocks() as blocks:
        endpoint("area", str.upper, gr.TextArea(lines=3), gr.TextArea())
        endpoint("password", len, gr.Textbox(type="password"), gr.Number(precision=0))
        endpoint("code", lambda x: x + "\n", gr.Code(language="python"), gr.Code())
        endpoint("color", lambda x: x, gr.ColorPicker("#ff0000"), gr.ColorPicker())
        endpoint("markdown", lambda x: x, gr.Markdown("*start*"), gr.Markdown())
        endpoint("html", lambda x: x, gr.HTML(), gr.HTML())
        endpoint("json", lambda x: {"got": x}, gr.JSON(), gr.JSON())
        endpoint("parameters", lambda x: shown, gr.Text(), gr.ParamViewer(shown))
    return blocks


@app(
    call("/number", 3),
    call("/number", 2.5),
    call("/number", None),
    call("/whole", 3.7),
    call("/whole", 12),
    call("/slider"),
    call("/slider", 7),
    call("/checkbox", True),
    call("/checkbox"),
)
def numbers() -> Any:
    with gr.Blocks() as blocks:
        whole = gr.Number(1, precision=0, minimum=0, maximum=10)
        endpoint("number", lambda x: x and x * 2, gr.Number(), gr.Number())
        endpoint("whole", lambda x: x + 1, whole, gr.Number(precision=0))
        endpoint("slider", lambda x: x, gr.Slider(0, 10, value=4, step=1), gr.Slider(0, 10))
        endpoint("checkbox", lambda x: not x, gr.Checkbox(label="Yes?"), gr.Checkbox())
    return blocks


@app(
    call("/text", "2024-05-06 07:08:09"),
    call("/stamp", "2024-05-06 07:08:09"),
    call("/day", "2024-05-06"),
)
def datetimes() -> Any:
    with gr.Blocks() as blocks:
        text = gr.DateTime(type="string", label="Text")
        stamp = gr.DateTime(type="timestamp", timezone="UTC", label="Stamp")
        day = gr.DateTime(type="datetime", include_time=False, timezone="UTC", label="Day")
        endpoint("text", lambda x: x, text, text)
        endpoint("stamp", lambda x: [x], stamp, gr.JSON(label="Out"))
        endpoint("day", lambda x: [x.isoformat()], day, gr.JSON(label="Out"))
    return blocks


@app(call("/words", "a b"), call("/spans", [{"token": "a", "class_or_confidence": "x"}]))
def highlighted() -> Any:
    def words(text: str) -> Any:
        return [(word, "even" if len(word) % 2 == 0 else None) for word in text.split()]

    with gr.Blocks() as blocks:
        marked = gr.HighlightedText([("a", "b"), ("c", None)], interactive=True)
        endpoint("words", words, gr.Text(), gr.HighlightedText(combine_adjacent=True))
        endpoint("spans", lambda spans: [list(span) for span in spans], marked, gr.JSON())
    return blocks


@app(call("/chances", 0.25), call("/sure"), call("/number"))
def labels() -> Any:
    with gr.Blocks() as blocks:
        chance, label = gr.Number(label="Chance"), gr.Label(num_top_classes=2, label="Found")
        endpoint("chances", lambda p: {"cat": p, "dog": 1 - p, "cow": 0}, chance, label)
        endpoint("sure", lambda: "cat", None, label)
        endpoint("number", lambda: 5, None, label)
    return blocks


@app(call("/sum", 1, 2, 3, 4, 5))
def labels_of_all_kinds() -> Any:
    """Labels that are no Python names, that repeat, or that a language reserves."""
    names = ["2nd (item)", "class", "Größe", "same", "same"]
    return gr.Interface(
        lambda *numbers: sum(numbers),
        [gr.Number(label=name) for name in names],
        gr.Number(label="Summe & Rest"),
        api_name="sum",
    )


@app(call("/say", "x"))
def numbers_as_labels() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label=7)
        endpoint("say", lambda text: text, box, box)
    return blocks
