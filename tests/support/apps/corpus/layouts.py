"""How an app is put together: layouts, Blocks in Blocks, pages, `gr.render`, examples."""

from __future__ import annotations

from typing import Any

from catalog import VERSION, app, call, gr, sent, stored

NO_FLAG = {"flagging_mode" if VERSION >= (5,) else "allow_flagging": "never"}


def same(value: Any) -> Any:
    return value


@app(call("/go", "x"))
def layouts() -> Any:
    with gr.Blocks() as blocks:
        with gr.Row(), gr.Column():
            box = gr.Textbox(label="In")
        with gr.Group(), gr.Accordion("More", open=False):
            out = gr.Textbox(label="Out")
        with gr.Tabs():
            with gr.Tab("One"):
                gr.Markdown("one")
            with gr.TabItem("Two"):
                gr.ClearButton([box, out])
        gr.DuplicateButton()
        gr.Button("Go").click(same, box, out, api_name="go")
    return blocks


@app(call("/go", "x"), since="5.20")
def sidebar() -> Any:
    with gr.Blocks() as blocks:
        with gr.Sidebar():
            box = gr.Textbox(label="In")
        with gr.Draggable() if VERSION >= (5, 40) else gr.Row():
            out = gr.Textbox(label="Out")
        box.submit(same, box, out, api_name="go")
    return blocks


@app(call("/finish", "x"), since="5.50")
def walkthrough() -> Any:
    with gr.Blocks() as blocks:
        with gr.Walkthrough(selected=0) as steps:
            with gr.Step("First", id=0):
                box = gr.Textbox(label="In")
            with gr.Step("Second", id=1):
                out = gr.Textbox(label="Out")
        box.submit(
            lambda text: (gr.Walkthrough(selected=1), text), box, [steps, out], api_name="finish"
        )
    return blocks


@app(call("/predict", [{"speaker": "Ada", "text": "hi"}]), since="5.50")
def dialogue() -> Any:
    return gr.Interface(
        lambda lines: lines,
        gr.Dialogue(speakers=["Ada", "Bob"], label="Lines"),
        gr.Textbox(),
        api_name="predict",
        **NO_FLAG,
    )


@app(call("/shout", "x"), call("/outer", "x"))
def blocks_in_blocks() -> Any:
    with gr.Blocks() as inner:
        box = gr.Textbox(label="Inner")
        box.submit(str.upper, box, box, api_name="shout")
    with gr.Blocks() as blocks:
        inner.render()
        mine = gr.Textbox(label="Outer")
        mine.submit(same, mine, mine, api_name="outer")
    return blocks


@app(call("/inner", "x"), call("/inner_1", 2))
def names_that_repeat() -> Any:
    """Two Blocks, each with an endpoint of the same name, in one."""
    with gr.Blocks() as first:
        box = gr.Textbox(label="First")
        box.submit(str.upper, box, box, api_name="inner")
    with gr.Blocks() as second:
        number = gr.Number(label="Second")
        number.submit(same, number, number, api_name="inner")
    with gr.Blocks() as blocks:
        first.render()
        second.render()
    return blocks


@app(call("/predict", "x"), call("/predict_1", 2))
def tabbed() -> Any:
    first = gr.Interface(same, gr.Textbox(label="Word"), "text", api_name="predict")
    second = gr.Interface(lambda n: n + 1, gr.Number(label="Count"), "number", api_name="predict")
    return gr.TabbedInterface([first, second], ["Words", "Numbers"])


@app(call("/first", 1, 1), call("/second", 2))
def rendered() -> Any:
    """Components and events that a function makes when the page is opened."""
    with gr.Blocks() as blocks:
        count, out = gr.Number(1, label="Count"), gr.Number(label="Out")
        count.submit(lambda a, b: a + b, [count, out], out, api_name="first")

        @gr.render(inputs=count)
        def rows(count: int) -> None:
            for place in range(int(count)):
                row = gr.Textbox(label=f"Row {place}")
                row.submit(same, row, row, api_name=f"row_{place}")

        out.submit(same, out, out, api_name="second")
    return blocks


@app(call("/home", "x"), call("/away", 2), since="5.20")
def pages() -> Any:
    with gr.Blocks() as blocks:
        if VERSION >= (5, 50):
            gr.Navbar(value=[("Docs", "/docs")])
        box = gr.Textbox(label="Home")
        box.submit(same, box, box, api_name="home")
    with blocks.route("Second", "/second"):
        number = gr.Number(label="Away")
        number.submit(same, number, number, api_name="away")
    return blocks


@app(call("/greet", "Ada"), since="5.40")
def translated() -> Any:
    i18n = gr.I18n(en={"name": "Name", "hello": "Greeting"}, de={"name": "Name"})
    with gr.Blocks() as blocks:
        name, out = gr.Textbox(label=i18n("name")), gr.Textbox(label=i18n("hello"))
        gr.Button(i18n("hello")).click(lambda x: f"Hello {x}", name, out, api_name="greet")
    return blocks


@app(call("/predict", "Ada", 3), uncalled=("/load_example",))
def examples() -> Any:
    return gr.Interface(
        lambda name, times: name * int(times),
        [gr.Textbox(label="Name"), gr.Number(label="Times")],
        "text",
        examples=[["Bob", 2], ["Eve", 1]],
        cache_examples=False,
        api_name="predict",
    )


@app(call("/predict", "Ada"), call("/load_example", 1), since="5")
def cached_examples() -> Any:
    return gr.Interface(
        str.upper,
        gr.Textbox(label="Name"),
        "text",
        examples=["bob", "eve"],
        cache_examples=True,
        api_name="predict",
    )


@app(call("/predict", "Ada"), since="5", uncalled=("/load_example",))
def lazy_examples() -> Any:
    return gr.Interface(
        str.upper,
        gr.Textbox(label="Name"),
        "text",
        examples=["bob", "eve"],
        cache_examples=True,
        cache_mode="lazy",
        api_name="predict",
    )


@app(call("/show", sent("dot.png")), uncalled=("/load_example",))
def examples_of_files() -> Any:
    with gr.Blocks() as blocks:
        picture, out = (
            gr.Image(type="filepath", label="Picture"),
            gr.Image(label="Out", format="png"),
        )
        gr.Examples(
            [stored("dot.png"), stored("green.png")], picture, out, same, cache_examples=False
        )
        picture.change(same, picture, out, api_name="show")
    return blocks


@app(call("/predict", "x"))
def flagged() -> Any:
    mode = "flagging_mode" if VERSION >= (5,) else "allow_flagging"
    return gr.Interface(
        same,
        "text",
        "text",
        flagging_options=["good", "bad"],
        api_name="predict",
        **{mode: "manual"},
    )


@app(call("/predict", "x"))
def flagged_by_itself() -> Any:
    mode = "flagging_mode" if VERSION >= (5,) else "allow_flagging"
    return gr.Interface(same, "text", "text", api_name="predict", **{mode: "auto"})


@app(call("/predict", "x"))
def live_interface() -> Any:
    return gr.Interface(str.title, "text", ["text"], live=True, api_name="predict")


@app(call("/predict"))
def interface_without_inputs() -> Any:
    return gr.Interface(lambda: "always", None, gr.Textbox(label="Out"), api_name="predict")


@app(call("/predict", "x"))
def interface_without_outputs() -> Any:
    return gr.Interface(lambda text: None, "text", None, api_name="predict")


@app(call("/predict", "x"), client={"auth": ["ada", "secret"]})
def behind_a_login() -> Any:
    return gr.Interface(same, "text", "text", api_name="predict")
