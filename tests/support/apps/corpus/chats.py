"""`ChatInterface` in its forms, and `Chatbot` without it."""

from __future__ import annotations

from typing import Any

from catalog import VERSION, app, call, gr, sent, stored

MESSAGES = {"type": "messages"} if VERSION < (6,) else {}
"""From Gradio 6 on there are messages only."""
NAMED = {"api_name": "chat"} if VERSION >= (5,) else {}
"""The name that the endpoint has by itself up to Gradio 5; later it is the function's."""
CHAT = {**MESSAGES, **NAMED}


def reply(message: str, history: list[Any]) -> str:
    return f"{len(history)}: {message}"


@app(
    call("/reply", "hello", since="6"),
    call("/reply", message="again", since="6"),
    call("/chat", "hello", until="6"),
    call("/chat", message="again", until="6"),
)
def chat() -> Any:
    return gr.ChatInterface(reply)


@app(call("/chat", "hello"), until="6")
def chat_of_tuples() -> Any:
    return gr.ChatInterface(reply, type="tuples", **NAMED)


@app(call("/chat", "hello"), call("/chat", "again"))
def chat_of_messages() -> Any:
    return gr.ChatInterface(reply, **CHAT)


@app(call("/chat", "abc"), call("/chat", ""))
def chat_streams() -> Any:
    def stream(message: str, history: list[Any]) -> Any:
        for end in range(len(message)):
            yield message[: end + 1]

    return gr.ChatInterface(stream, **CHAT)


@app(
    call("/chat", {"text": "look", "files": [sent("dot.png")]}),
    call("/chat", {"text": "", "files": []}),
)
def chat_multimodal() -> Any:
    def look(message: Any, history: list[Any]) -> str:
        return f"{message['text']} {len(message['files'])}"

    return gr.ChatInterface(look, multimodal=True, **CHAT)


@app(call("/chat", "hi"), call("/chat", "hi", "Be brief.", 0.25), call("/chat", "hi", heat=1))
def chat_with_more_inputs() -> Any:
    def answer(message: str, history: list[Any], system: str, heat: float) -> str:
        return f"{system} {heat} {message}"

    return gr.ChatInterface(
        answer,
        additional_inputs=[
            gr.Textbox("Be kind.", label="System prompt"),
            gr.Slider(0, 1, value=0.5, label="Heat"),
        ],
        **CHAT,
    )


@app(call("/chat", "hi"), since="5.10")
def chat_with_more_outputs() -> Any:
    def answer(message: str, history: list[Any]) -> tuple[str, str]:
        return message, f"print({message!r})"

    with gr.Blocks() as blocks:
        code = gr.Code(render=False, label="Source")
        gr.ChatInterface(answer, additional_outputs=[code], **CHAT)
        code.render()
    return blocks


@app(call("/chat", "a"), uncalled=("/load_example", "/example"))
def chat_with_examples() -> Any:
    return gr.ChatInterface(reply, examples=["first", "second"], cache_examples=False, **CHAT)


@app(call("/chat", "a"), since="5", uncalled=("/load_example", "/example"))
def chat_with_cached_examples() -> Any:
    return gr.ChatInterface(reply, examples=["first", "second"], cache_examples=True, **CHAT)


@app(call("/chat", "a"), since="5.20", uncalled=("/load_conversation", "/save_conversation"))
def chat_that_is_saved() -> Any:
    return gr.ChatInterface(reply, save_history=True, **CHAT)


@app(call("/talk", "hello"), since="5")
def chat_with_own_parts() -> Any:
    with gr.Blocks() as blocks:
        gr.ChatInterface(
            reply,
            chatbot=gr.Chatbot(label="Bot", **MESSAGES),
            textbox=gr.Textbox(label="Say", placeholder="…"),
            api_name="talk",
            concurrency_limit=2,
            **MESSAGES,
        )
    return blocks


@app(call("/chat", "x"))
def chat_that_answers_with_components() -> Any:
    def answer(message: str, history: list[Any]) -> Any:
        return gr.Image(stored("dot.png"))

    return gr.ChatInterface(answer, **CHAT)


@app(call("/chat", "x"), since="5")
def chat_that_answers_with_messages() -> Any:
    def answer(message: str, history: list[Any]) -> Any:
        return [
            {"role": "assistant", "content": "Thinking", "metadata": {"title": "Thought"}},
            {"role": "assistant", "content": message.upper()},
        ]

    return gr.ChatInterface(answer, **CHAT)


@app(call("/chat", "x"), since="6")
def chat_hidden_from_the_api() -> Any:
    return gr.ChatInterface(reply, api_name="chat", api_visibility="undocumented")


@app(call("/chat", "boom"), call("/chat", "fine"))
def chat_that_fails() -> Any:
    def answer(message: str, history: list[Any]) -> str:
        if message == "boom":
            raise gr.Error("it went off")
        return message

    return gr.ChatInterface(answer, **CHAT)


HISTORY = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
PARTS = [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in HISTORY]
"""The same, as Gradio 6 wants it."""


@app(
    call("/respond", "new", HISTORY, until="6"),
    call("/respond", "new", PARTS, since="6"),
    call("/clear"),
    call("/stream", HISTORY, until="6"),
    call("/stream", PARTS, since="6"),
)
def chatbot() -> Any:
    def respond(text: str, history: list[Any]) -> Any:
        turn = [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]
        return "", [*history, *turn]

    def stream(history: list[Any]) -> Any:
        answer = {"role": "assistant", "content": ""}
        for word in ["to", "be", "or"]:
            answer = {**answer, "content": f"{answer['content']} {word}"}
            yield [*history, answer]

    with gr.Blocks() as blocks:
        bot, text = gr.Chatbot(label="Bot", **MESSAGES), gr.Textbox(label="Text")
        text.submit(respond, [text, bot], [text, bot], api_name="respond")
        gr.Button().click(list, None, bot, api_name="clear")
        gr.Button().click(stream, bot, bot, api_name="stream")
        bot.like(lambda: None, None, None, api_name=False)
    return blocks


@app(call("/respond", "new", [["q", "a"]]), until="6")
def chatbot_of_tuples() -> Any:
    def respond(text: str, history: list[Any]) -> Any:
        return [*history, (text, None), (None, "ok")]

    with gr.Blocks() as blocks:
        bot, text = gr.Chatbot(label="Bot", type="tuples"), gr.Textbox(label="Text")
        text.submit(respond, [text, bot], bot, api_name="respond")
    return blocks
