"""Listeners: chains, triggers, timers, state, event data, and who may see an endpoint."""

from __future__ import annotations

from typing import Any

from catalog import app, call, gr


def same(value: Any) -> Any:
    return value


@app(call("/first", "x"), call("/second", "x"), call("/third", "x"))
def chain() -> Any:
    with gr.Blocks() as blocks:
        box, out = gr.Textbox(label="In"), gr.Textbox(label="Out")
        step = box.submit(str.upper, box, out, api_name="first")
        step.then(lambda text: text + "!", out, out, api_name="second")
        step.success(lambda text: text + "?", out, out, api_name="third")
    return blocks


@app(call("/either", "x"))
def several_triggers() -> Any:
    with gr.Blocks() as blocks:
        box, out, button = gr.Textbox(label="In"), gr.Textbox(label="Out"), gr.Button()

        @gr.on([box.submit, button.click], inputs=box, outputs=out, api_name="either")
        def either(text: str) -> str:
            return text[::-1]

    return blocks


@app(call("/named_by_function", "x"), call("/lambda", "y"), call("/named_by_function_1", "z"))
def names_of_functions() -> Any:
    def named_by_function(text: str) -> str:
        return text + text

    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(named_by_function, box, box)
        box.change(lambda text: text, box, box)
        box.blur(named_by_function, box, box)
    return blocks


@app(call("/a_name/with-marks", "x"))
def odd_names() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(same, box, box, api_name="a_name/with-marks")
    return blocks


@app(call("/shown", "x"), call("/hidden", "x"), until="6")
def who_may_see_before_6() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(same, box, box, api_name="shown")
        box.submit(same, box, box, api_name="hidden", show_api=False)
        box.submit(same, box, box, api_name=False)
    return blocks


@app(call("/shown", "x"), call("/hidden", "x"), since="6")
def who_may_see() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        box.submit(same, box, box, api_name="shown", api_description="It is *shown*.")
        box.submit(same, box, box, api_name="hidden", api_visibility="undocumented")
        box.submit(same, box, box, api_name="secret", api_visibility="private")
    return blocks


@app(call("/stop"), call("/go", "x"))
def no_function() -> Any:
    """Listeners that run in the browser, or only cancel."""
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")
        going = box.submit(same, box, box, api_name="go")
        gr.Button().click(None, box, box, js="(text) => text + text")
        gr.Button().click(None, None, None, cancels=[going])
        gr.Button().click(lambda: "stopped", None, box, cancels=[going], api_name="stop")
        blocks.load(lambda: "loaded", None, box, api_name=False)
        blocks.unload(lambda: None)
    return blocks


@app(call("/tick"))
def timer() -> Any:
    with gr.Blocks() as blocks:
        clock, out = gr.Timer(60), gr.Textbox(label="Out")
        clock.tick(lambda: "tick", None, out, api_name="tick")
    return blocks


@app(call("/add", "a"), call("/add", "b"), call("/forget"), call("/add", "c"))
def state() -> Any:
    with gr.Blocks() as blocks:
        box, words, out = gr.Textbox(label="Word"), gr.State([]), gr.JSON(label="Words")

        def add(word: str, words: list[str]) -> Any:
            words = [*words, word]
            return words, words

        box.submit(add, [box, words], [words, out], api_name="add")
        gr.Button().click(list, None, words, api_name="forget")
        words.change(len, words, out, api_name=False)
    return blocks


@app(call("/add", 2), call("/add", 3))
def state_in_front() -> Any:
    with gr.Blocks() as blocks:
        total, number = gr.State(0), gr.Number(label="Number")
        gr.Button().click(
            lambda t, n: (t + n, t + n), [total, number], [total, number], api_name="add"
        )
    return blocks


@app(call("/predict", "a"), call("/predict", "b"))
def state_of_an_interface() -> Any:
    def remember(word: str, before: Any) -> Any:
        words = [*(before or []), word]
        return " ".join(words), words

    return gr.Interface(remember, ["text", "state"], ["text", "state"], api_name="predict")


@app(call("/keep", "x"), call("/keep", "x", "given"), since="5.10")
def browser_state() -> Any:
    with gr.Blocks() as blocks:
        kept, box = (
            gr.BrowserState("first", storage_key="kept", secret="s"),
            gr.Textbox(label="Box"),
        )
        box.submit(lambda text, old: (text, old), [box, kept], [kept, box], api_name="keep")
    return blocks


@app(uncalled=("/chosen",))
def event_data() -> Any:
    with gr.Blocks() as blocks:
        table, out = gr.Dataframe([["a"]], headers=["h"], label="Table"), gr.JSON(label="Out")

        def chosen(table: Any, event: gr.SelectData) -> Any:
            return [event.index, event.value]

        table.select(chosen, table, out, api_name="chosen")
    return blocks


@app(call("/whoami", "x"))
def request() -> Any:
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")

        def whoami(text: str, request: gr.Request) -> str:
            return f"{text} {request.username} {bool(request.session_hash)}"

        box.submit(whoami, box, box, api_name="whoami")
    return blocks


@app(call("/who", "x"))
def oauth() -> Any:
    """Endpoints that take what a login would give, of people who are not logged in."""
    with gr.Blocks() as blocks:
        box = gr.Textbox(label="Box")

        def who(text: str, profile: gr.OAuthProfile | None) -> str:
            return f"{text} {profile}"

        box.submit(who, box, box, api_name="who")
    return blocks


@app(call("/change", "x"), call("/skip", "x"), call("/partly", "x"), call("/by_key", "x"))
def updates() -> Any:
    """What a function may return besides values."""
    with gr.Blocks() as blocks:
        box, out = gr.Textbox(label="In"), gr.Textbox(label="Out")
        box.submit(lambda x: gr.Textbox(label="New"), box, out, api_name="change")
        box.submit(lambda x: gr.skip(), box, out, api_name="skip")
        box.submit(lambda x: gr.update(value=x, visible=False), box, out, api_name="partly")
        box.submit(lambda x: {out: x}, box, [box, out], api_name="by_key")
    return blocks
