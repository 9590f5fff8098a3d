"""`/info`: whom its entries describe, what they say, and what is left out of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol.app.config import Visibility, read_config
from gradio_protocol.app.endpoint import Endpoint, find_endpoint
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.present.describe import as_dict, as_text
from gradio_protocol.wire.document import Notes

COMPONENTS: list[Any] = [
    {"id": 1, "type": "textbox", "props": {"label": "Who"}, "api_info": {"type": "string"}},
    {"id": 2, "type": "number", "props": {"label": "Seven", "value": 7}},
    {"id": 3, "type": "number", "props": {"label": "Many", "value": 99}},
]
UNDOCUMENTED = {"api_visibility": "undocumented"}
TRANSLATION = {"key": "chat_interface.chatbot", "_type": "translation_metadata"}


def function(name: str, *inputs: int, **keys: Any) -> dict[str, Any]:
    return {"api_name": name, "inputs": list(inputs), "outputs": [1], **keys}


def entry(*parameters: dict[str, Any], **keys: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"label": "Said", "component": "Textbox", "type": {}}
    return {"parameters": list(parameters), "returns": [out], **keys}


def who(name: str, **keys: Any) -> dict[str, Any]:
    usual = {"label": "Who", "component": "Textbox", "type": {"type": "string"}}
    default = {"parameter_has_default": False, "parameter_default": None}
    return {**usual, "parameter_name": name, **default, **keys}


def count(name: str, label: str, default: int) -> dict[str, Any]:
    has = {"parameter_has_default": True, "parameter_default": default}
    return {"label": label, "component": "Number", "type": {}, "parameter_name": name, **has}


def described(
    *functions: dict[str, Any],
    info: Any = None,
    undocumented: Any = None,
    components: list[Any] | None = None,
) -> tuple[tuple[Endpoint, ...], tuple[str, ...]]:
    """The endpoints of an app of 6.31, and the notes about them."""
    document = {"version": "6.31.0", "protocol": "sse_v3", "dependencies": functions}
    config = read_config(json.dumps({**document, "components": components or COMPONENTS}))
    notes = Notes()
    listed, others = listing(info), listing(undocumented)
    return read_endpoints(config, listed, others, notes), notes.sentences


def listing(entries: Any) -> dict[str, Any] | None:
    return None if entries is None else {"named_endpoints": entries, "unnamed_endpoints": {}}


def told(info: Any, *inputs: int) -> tuple[Endpoint, tuple[str, ...]]:
    """The only endpoint of an app, of this entry."""
    (endpoint,), notes = described(function("f", *(inputs or (1,))), info={"/f": info})
    return endpoint, notes


# --- names that several endpoints have --------------------------------------------------------

PUBLIC = entry(who("name"), count("times", "Seven", 7))
OTHER = entry(who("word"), count("count", "Many", 99))


@pytest.mark.parametrize("first", ["public", "undocumented"])
def test_a_name_means_the_public_endpoint_that_has_it(first: str) -> None:
    both = [function("act", 1, 2), function("act", 1, 3, **UNDOCUMENTED)]
    if first == "undocumented":
        both.reverse()
    known, notes = described(*both, info={"/act": PUBLIC}, undocumented={"/act": OTHER})
    public = find_endpoint(known, "/act")
    assert public.visibility is Visibility.PUBLIC
    assert public.bind(["Ada"], {}) == ["Ada", 7]
    assert public.bind([], {"name": "Ada", "times": 1}) == ["Ada", 1]
    (hidden,) = (e for e in known if e is not public)
    assert find_endpoint(known, fn_index=hidden.index).bind(["Ada"], {}) == ["Ada", 99]
    (note,) = notes
    assert note.startswith(
        f"'/act' calls function {public.index}; to call function {hidden.index}, "
    )
    assert note.endswith(f"pass fn_index={hidden.index}")


def test_of_two_public_endpoints_of_one_name_the_first_is_called_by_it_and_listed() -> None:
    # The server lists the last one; what it says may as well be said of the first.
    listed = {"/act": entry(who("word"))}
    known, _ = described(function("act", 1), function("act", 1), info=listed)
    assert find_endpoint(known, "/act").index == 0
    assert find_endpoint(known, "/act").bind([], {"word": "Ada"}) == ["Ada"]
    assert find_endpoint(known, fn_index=1).name is None
    assert "Named API endpoints: 1\n" in as_text(known)
    assert "predict(word, api_name" in as_text(known)
    assert "Unnamed API endpoints: 0" in as_text(known, all_endpoints=True)
    assert as_dict(known) == {"named_endpoints": listed, "unnamed_endpoints": {}}


def test_an_entry_that_describes_another_endpoint_of_the_name_is_left_out() -> None:
    # By the entry, whose default is the second function's, the first one would be sent 99.
    known, notes = described(function("act", 1, 2), function("act", 1, 3), info={"/act": OTHER})
    assert find_endpoint(known, "/act").bind(["Ada"], {}) == ["Ada", 7]
    assert "info: '/act': describes another function of this name; left out" in notes


def test_a_private_endpoint_takes_no_name_away_and_stays_private() -> None:
    private = function("act", 1, api_visibility="private")
    known, _ = described(private, function("act", 1), info={"/act": entry(who("word"))})
    assert find_endpoint(known, "/act").index == 1
    assert known[0].visibility is Visibility.PRIVATE


# --- what the two forms say -------------------------------------------------------------------


def test_info_is_believed_for_public_endpoints_and_the_other_form_for_the_rest() -> None:
    functions = [function("seen", 1), function("unseen", 1, **UNDOCUMENTED)]
    all_of_them = {"/seen": entry(who("wrong")), "/unseen": entry(who("hidden"))}
    seen = {"/seen": entry(who("right"))}
    known, notes = described(*functions, info=seen, undocumented=all_of_them)
    assert [[p.name for p in e.parameters] for e in known] == [["right"], ["hidden"]]
    assert notes == ()


def test_a_public_endpoint_that_info_leaves_out_is_described_by_the_config() -> None:
    known, notes = described(function("f", 1), info={})
    assert [p.name for p in known[0].parameters] == ["who"]
    assert notes == ("info: no entry for '/f': the config describes its values",)


def test_what_the_config_describes_has_names_for_those_who_read_the_dict() -> None:
    # smolagents and hf-gradio read `parameter_name` of every parameter.
    components = [{"id": i, "type": "textbox", "props": {"label": "A b"}} for i in (1, 2)]
    known, _ = described(function("f", 1, 2), components=components)
    named: Any = as_dict(known)["named_endpoints"]
    names = [parameter["parameter_name"] for parameter in named["/f"]["parameters"]]
    assert names == ["a_b", "a_b_1"] == [p.name for p in known[0].parameters]


# --- odd values -------------------------------------------------------------------------------


def test_a_translation_is_known_by_its_key() -> None:
    # Of every ChatInterface of 6.x, among its undocumented endpoints.
    endpoint, notes = told(
        {**entry(who("x", label=TRANSLATION)), "returns": [{"label": TRANSLATION}]}
    )
    assert endpoint.parameters[0].label == endpoint.returns[0].label == "chat_interface.chatbot"
    assert endpoint.parameters[0].name == "x"
    assert notes == ()


def test_a_number_is_a_label() -> None:
    labelled = who("", label=1)
    labelled.pop("parameter_name")
    endpoint, notes = told({"parameters": [labelled], "returns": [{"label": 2.5}]})
    assert (endpoint.parameters[0].label, endpoint.returns[0].label) == ("1", "2.5")
    assert endpoint.parameters[0].name == "param_0"
    assert notes == ()


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        (
            who("x", label=[]),
            "info: '/f': parameters[0]: 'label': expected a string, got an array; left out",
        ),
        (
            who("x", component=1),
            "info: '/f': parameters[0]: 'component': expected a string, got an integer; left out",
        ),
        (
            who("x", python_type={"type": 1}),
            (
                "info: '/f': parameters[0]: 'python_type': 'type': "
                "expected a string, got an integer; left out"
            ),
        ),
        (
            who("x", parameter_has_default="no"),
            (
                "info: '/f': parameters[0]: 'parameter_has_default': "
                "expected a boolean, got a string; left out"
            ),
        ),
    ],
)
def test_one_odd_value_costs_one_value(odd: Any, note: str) -> None:
    endpoint, notes = told(entry(odd, description="Says."))
    assert [p.name for p in endpoint.parameters] == ["x"]
    assert (endpoint.description, endpoint.returns[0].label) == ("Says.", "Said")
    assert notes == (note,)


def test_an_odd_parameter_is_described_by_its_component() -> None:
    endpoint, notes = told(entry(who("x"), 3), 1, 2)  # type: ignore[arg-type]
    assert [p.name for p in endpoint.parameters] == ["x", "seven"]
    assert notes == ("info: '/f': parameters[1]: expected an object, got an integer; left out",)


@pytest.mark.parametrize(
    ("info", "note"),
    [
        ({"/f": []}, "info: '/f': expected an object, got an array; left out"),
        (
            {"/f": entry(who("x"), who("y"))},
            "info: '/f': 2 parameters, but 1 in the config; left out",
        ),
        ([], "info: 'named_endpoints': expected an object, got an array; left out"),
    ],
)
def test_an_entry_of_no_use_is_made_up_for_by_the_config(info: Any, note: str) -> None:
    (endpoint,), notes = described(function("f", 1), info=info)
    assert [p.name for p in endpoint.parameters] == ["who"]
    assert note in notes


def test_a_made_up_name_gives_way_to_the_servers() -> None:
    nameless = who("", label="Word")
    endpoint, _ = told(entry(nameless, who("word")), 1, 1)
    assert [p.name for p in endpoint.parameters] == ["word_0", "word"]


def test_two_parameters_of_one_name_are_told_apart() -> None:
    endpoint, _ = told(entry(who("word"), who("word")), 1, 1)
    assert [p.name for p in endpoint.parameters] == ["word", "word_1"]


def test_of_many_notes_the_first_are_kept_and_the_rest_are_counted() -> None:
    notes = Notes()
    for number in range(25):
        notes.add(f"note {number}")
    assert len(notes.sentences) == 21
    assert notes.sentences[-2:] == ("note 19", "and 5 more such notes")


# --- choices ----------------------------------------------------------------------------------


def test_choices_that_are_no_text_lose_the_quotes_of_the_server() -> None:
    choices: dict[str, Any] = {"type": "array", "items": {"enum": [1.5, 2.0, "x"]}}
    words = {"type": "list[Literal['1.5', '2.0', 'x']]", "description": ""}
    endpoint, _ = told(entry(who("x", type=choices, python_type=words)))
    assert endpoint.parameters[0].python_type.type == "list[Literal[1.5, 2.0, 'x']]"
    assert "x: list[Literal[1.5, 2.0, 'x']] (required)" in as_text([endpoint])


def test_what_choices_may_cost_is_bounded() -> None:
    many: dict[str, Any] = {"anyOf": [{"enum": [n]} for n in range(200)]}
    words = {"type": "Literal['0'] | Literal['199']" + "." * 10_000, "description": ""}
    endpoint, _ = told(entry(who("x", type=many, python_type=words)))
    assert endpoint.parameters[0].python_type.type.startswith("Literal['0'] | Literal[199]")
