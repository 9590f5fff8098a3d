"""The root of the core: its names are there when they are asked for, and no others."""

from __future__ import annotations

import importlib

import pytest

from gradio_protocol import exports

gradio_protocol = importlib.import_module("gradio_protocol")
client_exports = importlib.import_module("gradio_protocol.client_exports")


def test_every_public_name_is_the_one_of_exports() -> None:
    for name in {*gradio_protocol.__all__} - {"__version__"}:
        assert getattr(gradio_protocol, name) is getattr(exports, name)


def test_what_clients_pass_on_is_public_here_too() -> None:
    assert set(client_exports.__all__) < set(gradio_protocol.__all__)
    for name in client_exports.__all__:
        assert getattr(client_exports, name) is getattr(gradio_protocol, name)


def test_the_public_names_are_shown_to_who_looks_for_them() -> None:
    assert set(gradio_protocol.__all__) <= set(dir(gradio_protocol))


@pytest.mark.parametrize("name", ["nothing", "_private", "__wrapped__"])
def test_no_other_name_is_there(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(gradio_protocol, name)


def test_a_name_is_looked_up_anew_where_it_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(gradio_protocol, "ClientProtocol")
    assert gradio_protocol.ClientProtocol is exports.ClientProtocol
