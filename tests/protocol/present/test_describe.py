"""What an app offers, in every form; the official client's words are recorded in `app/fixtures/`.

`scripts/record/view_api.py` recorded them; `docs/explanation/describe-differences.md` tells where
we differ and why.
"""

from __future__ import annotations

import inspect
import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.config import Visibility, read_config
from gradio_protocol.app.endpoint import Endpoint, Parameter, PythonType, Return, Slot
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.errors import InvalidArguments
from gradio_protocol.present.describe import as_dict, as_html, as_text, digest, doc, signature, view
from gradio_protocol.wire.document import JSON

RECORDED = Path(__file__).parents[1] / "app" / "fixtures" / "view_api.json.xz"
APPS: dict[str, Any] = json.loads(lzma.decompress(RECORDED.read_bytes()))["apps"]
QUOTED = {"Literal['x', '2']": "Literal['x', 2]", "Literal['1', '2']": "Literal[1, 2]"}
"Choices that the official client quotes, although they are numbers, and how they are right."
UNLIKE = {"tour 6.0.2": "it lists an endpoint that the developer denied"}
"""Apps that the official client describes wrongly, and how."""


def sample_app(app: dict[str, Any]) -> tuple[Endpoint, ...]:
    return read_endpoints(read_config(json.dumps(app["config"])), app["info"])


def parameter(name: str = "text", **changes: Any) -> Parameter:
    usual = Parameter(
        label="Text",
        component="Textbox",
        name=name,
        schema={"type": "string"},
        python_type=PythonType(type="str", description=""),
        has_default=False,
        default=None,
        example="Hello!!",
    )
    return replace(usual, **changes)


def optional(name: str, default: JSON = 3) -> Parameter:
    return parameter(name, has_default=True, default=default)


def result(label: str = "Out", **changes: Any) -> Return:
    usual = Return(
        label=label,
        component="Textbox",
        schema={"type": "string"},
        python_type=PythonType(type="str", description=""),
    )
    return replace(usual, **changes)


def endpoint(
    *parameters: Parameter, returns: tuple[Return, ...] = (result(),), **changes: Any
) -> Endpoint:
    usual = Endpoint(
        index=7,
        name="/echo",
        visibility=Visibility.PUBLIC,
        description="",
        parameters=parameters,
        returns=returns,
        inputs=tuple(
            Slot(component=i, type="textbox", hidden=False) for i, _ in enumerate(parameters)
        ),
        outputs=(),
        generator=False,
        batch=False,
        stateful=False,
        oauth=None,
    )
    return replace(usual, **changes)


# The same as the official client, app by app


def test_at_least_forty_apps_of_ten_versions_are_compared() -> None:
    versions = {app["config"]["version"].strip() for app in APPS.values()}
    assert len(APPS) - len(UNLIKE) >= 40
    assert len(versions) >= 10


@pytest.mark.parametrize("name", sorted(APPS.keys() - UNLIKE.keys()))
def test_an_app_is_described_as_the_official_client_describes_it(name: str) -> None:
    app = APPS[name]
    listed = sample_app(app)
    right = {form: app[form] for form in ("text", "all", "named")}
    if name == "radio":
        assert all(quoted in text for quoted in QUOTED for text in right.values())
        for quoted, choices in QUOTED.items():
            right = {form: text.replace(quoted, choices) for form, text in right.items()}
    assert as_text(listed) == right["text"]
    assert as_text(listed, all_endpoints=True) == right["all"]
    assert as_text(listed, all_endpoints=False) == right["named"]
    assert as_dict(listed) == app["dict"]


@pytest.mark.parametrize("name", UNLIKE)
def test_what_the_developer_denied_is_the_only_thing_left_out(name: str) -> None:
    app = APPS[name]
    theirs, ours = app["dict"]["named_endpoints"], as_dict(sample_app(app))["named_endpoints"]
    assert isinstance(ours, dict)
    assert theirs.keys() - ours.keys() == {"/False"}
    assert ours == {name: told for name, told in theirs.items() if name != "/False"}


# What `view_api` prints and returns


def test_a_view_is_printed_as_text_and_returned_as_it_is_wanted() -> None:
    listed = [endpoint(), endpoint(name=None)]
    for all_endpoints in (None, True, False):
        text = as_text(listed, all_endpoints=all_endpoints)
        returned = [
            view(listed, all_endpoints=all_endpoints, return_format=wanted)
            for wanted in (None, "str", "dict")
        ]
        assert returned == [(text, None), (text, text), (text, as_dict(listed))]


def test_a_view_has_no_other_format() -> None:
    with pytest.raises(InvalidArguments, match="'dict', 'str' or None, got 'html'"):
        view([], all_endpoints=None, return_format="html")


# Text


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE, Visibility.UNDOCUMENTED])
def test_only_what_is_public_is_listed(visibility: Visibility) -> None:
    listed = [endpoint(name="/seen"), endpoint(name="/unseen", visibility=visibility)]
    assert "Named API endpoints: 1\n" in as_text(listed)
    assert "/unseen" not in as_text(listed) + as_html(listed) + json.dumps(as_dict(listed))


def test_endpoints_without_a_name_are_listed_where_nothing_has_one() -> None:
    assert "Unnamed API endpoints: 1\n\n - predict(fn_index=7) -> out" in as_text(
        [endpoint(name=None)]
    )


def test_endpoints_without_a_name_are_counted_next_to_named_ones() -> None:
    text = as_text([endpoint(), endpoint(name=None)])
    assert text.endswith(
        "\nUnnamed API endpoints: 1, to view, run Client.view_api(all_endpoints=True)\n"
    )
    assert "fn_index" not in text


def test_a_default_of_none_makes_a_type_optional() -> None:
    text = as_text([endpoint(optional("text", None))])
    assert "text: str | None (not required, defaults to:   None)" in text


@pytest.mark.parametrize(
    ("label", "name"),
    [("Your Name (full)", "your_name_full"), ("Été", "été"), ("a\u00a0b/c", "abc"), ("?", "")],
)
def test_labels_are_spelled_as_names(label: str, name: str) -> None:
    text = as_text([endpoint(returns=(result(label),))])
    assert f'predict(api_name="/echo") -> {name}\n' in text


def test_a_parameter_that_the_server_did_not_name_goes_by_its_label() -> None:
    text = as_text([endpoint(parameter("param_0", named=False, label="My Text"))])
    assert 'predict(my_text, api_name="/echo")' in text


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ({"path": "/a", "url": "http://x/a"}, 'handle_file("http://x/a")'),
        ({"path": "/a", "url": None}, 'handle_file("/a")'),
        ({"path": "/a"}, 'handle_file("/a")'),
    ],
)
def test_a_file_among_defaults_is_named_by_its_address_or_else_its_path(
    file: dict[str, JSON], shown: str
) -> None:
    default: JSON = {**file, "meta": {"_type": "gradio.FileData"}}
    assert f"defaults to:   {shown})" in as_text([endpoint(optional("text", default))])
    assert f"{{'files': [{shown!r}]}}" in as_text([endpoint(optional("x", {"files": [default]}))])


def test_a_default_that_cannot_be_printed_is_an_ellipsis() -> None:
    deep: JSON = []
    for _ in range(5_000):
        deep = [deep]
    assert "defaults to:   ...)" in as_text([endpoint(optional("text", deep))])
    assert "defaults to:   ...)" in as_text([endpoint(optional("text", 10**5000))])


def test_a_token_that_is_asked_for_is_announced() -> None:
    assert "takes your Hugging Face token (required)." in as_text([endpoint(oauth="required")])


# Dict


def test_pages_and_servers_keep_their_keys() -> None:
    listing: dict[str, JSON] = {"parameters": [], "returns": [], "more": 1}
    private: dict[str, JSON] = {"show_api": True, "api_visibility": "public", "code_snippets": {}}
    assert as_dict([endpoint(listing={**listing, **private})]) == {
        "named_endpoints": {"/echo": listing},
        "unnamed_endpoints": {},
    }


def test_without_info_an_app_is_described_from_its_config() -> None:
    app = APPS["text_info"]
    listed = read_endpoints(read_config(json.dumps(app["config"])), None)
    assert "[Textbox] your_name_full: str (required)" in as_text(listed)
    assert "/same" in json.dumps(as_dict(listed)["named_endpoints"])


# HTML


def test_the_table_escapes_what_the_server_says() -> None:
    hostile = "<script>alert('&')</script>"
    words = PythonType(type=hostile, description=hostile)
    table = as_html(
        [
            endpoint(
                parameter(hostile, python_type=words),
                optional(hostile, hostile),
                returns=(result(hostile, python_type=words),),
                description=hostile,
                name=f"/{hostile}",
            )
        ]
    )
    assert "<script" not in table
    assert table.count("&lt;script&gt;") >= 9


def test_the_table_has_a_row_for_each_public_endpoint() -> None:
    table = as_html([endpoint(), endpoint(name=None), endpoint(visibility=Visibility.PRIVATE)])
    assert table.startswith("<table>")
    assert table.count("<tr>") == 3


def test_a_line_above_the_table_is_about_the_app() -> None:
    assert as_html([endpoint()], "The <tour>").startswith("<p>The &lt;tour&gt;</p><table>")


def test_the_docstring_of_a_class_of_gradio_describes_no_parameter() -> None:
    words = PythonType(type="filepath", description="The FileData class\n\nAttributes: path")
    listed = endpoint(parameter("photo", python_type=words))
    assert "FileData" not in as_html([listed]) + doc(listed)
    assert "photo: filepath" in doc(listed)


# Signature and documentation


def test_a_digest_changes_with_what_a_call_depends_on_and_with_nothing_else() -> None:
    base = endpoint(parameter(), optional("n"))
    known = digest([base])
    for other in (
        replace(base, name="/other"),
        endpoint(parameter("word"), optional("n")),
        endpoint(parameter(), parameter("n")),
        endpoint(parameter(schema={"type": "number"}), optional("n")),
        endpoint(parameter(), optional("n"), returns=(result("Other"),)),
        endpoint(parameter(), optional("n"), returns=()),
    ):
        assert digest([other]) != known
    alike = endpoint(parameter(label="Words", example="?"), optional("n", 5), description="Say.")
    hidden = replace(base, name="/hidden", visibility=Visibility.UNDOCUMENTED)
    unnamed = replace(base, name=None, index=8)
    assert digest([replace(alike, index=9), hidden]) == known
    assert digest([base, unnamed]) == digest([unnamed, base]) != known
    digest([replace(base, name="/\ud800")])


def test_a_signature_has_names_types_and_defaults() -> None:
    shown = signature(endpoint(parameter("text"), optional("times"), optional("more", None)))
    assert str(shown) == "(text: str, times: str = 3, more: str | None = None) -> str"


@pytest.mark.parametrize(
    ("returns", "text"),
    [((), "tuple[()]"), ((result(),), "str"), ((result(), result()), "tuple[str, str]")],
)
def test_a_signature_returns_what_a_call_returns(returns: tuple[Return, ...], text: str) -> None:
    assert signature(endpoint(returns=returns)).return_annotation == text


def test_what_has_no_default_after_something_that_has_one_is_keyword_only() -> None:
    shown = signature(endpoint(parameter("a"), optional("b"), parameter("c"), optional("d")))
    assert str(shown).startswith("(a: str, b: str = 3, *, c: str, d: str = 3)")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("2nd item", "_2nd_item"),
        ("class", "class_"),
        ("None", "None_"),
        ("a/b", "a_b"),
        ("", "_"),
        ("·", "_·"),
    ],
)
def test_a_name_that_is_no_identifier_is_mended_and_positional_only(name: str, shown: str) -> None:
    mended = signature(endpoint(optional("first"), parameter(name), parameter("last")))
    assert list(mended.parameters) == ["first", shown, "last"]
    assert str(mended).startswith(f"(first: str, {shown}: str, /, last: str)")


def test_mended_names_stay_apart_from_all_others() -> None:
    mended = signature(endpoint(parameter("a b"), parameter("a/b"), parameter("a_b")))
    assert list(mended.parameters) == ["a_b_", "a_b__", "a_b"]


@given(st.lists(st.tuples(st.text(max_size=3), st.booleans()), unique_by=lambda pair: pair[0]))
def test_what_a_signature_allows_can_be_bound(pairs: list[tuple[str, bool]]) -> None:
    called = endpoint(*(optional(name) if has else parameter(name) for name, has in pairs))
    required = [
        (shown.kind is inspect.Parameter.KEYWORD_ONLY, name)
        for name, shown in signature(called).parameters.items()
        if shown.default is inspect.Parameter.empty
    ]
    args = ["x" for by_name, _ in required if not by_name]
    kwargs = {name: "x" for by_name, name in required if by_name}
    signature(called).bind(*args, **kwargs)
    assert len(called.bind(args, kwargs)) == len(pairs)


def test_a_signature_allows_less_than_can_be_bound() -> None:
    called = endpoint(optional("a"), parameter("b"))
    with pytest.raises(TypeError):
        signature(called).bind("x", "y")
    assert called.bind(["x", "y"], {}) == ["x", "y"]
    with pytest.raises(InvalidArguments):
        called.bind(["x"], {})


def test_the_documentation_tells_what_is_taken_and_given() -> None:
    words = PythonType(type="float", description="a whole number")
    told = doc(endpoint(optional("times"), parameter("n", python_type=words), description="Says."))
    assert told == (
        "Says.\n\n"
        "Parameters:\n    times: str = 3\n    n: float (a whole number)\n"
        "Returns:\n    Out: str"
    )


def test_an_endpoint_without_words_is_documented_too() -> None:
    told = doc(endpoint(returns=(), name=None))
    assert told == "The app's endpoint function 7.\n\nParameters:\n    None\nReturns:\n    None"
