"""Draws which module of the core imports which, as Mermaid, into docs/explanation/import-map.md.

`--check` writes nothing, and fails when the page is not what would be written.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "packages" / "gradio-protocol" / "src" / "gradio_protocol"
PAGE = ROOT / "docs" / "explanation" / "import-map.md"

LAYERS = ("client", "present", "flows", "jobs", "app", "wire")
"""From the top; `errors` lies below them all, and everything imports it."""

HEAD = """# Import map

Drawn from the source by `scripts/pages/import_map.py`. An arrow means *imports*; one that a longer
way leads along too is left out. There is no circle, and no arrow from a layer to one above it:
import-linter sees to that. `errors` stands in the first picture only, for everything may import it.

## The layers

"""


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    page = written(imports(CORE))
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is stale; run python -m scripts.pages.import_map")
    return 1


def imports(package: Path) -> dict[str, set[str]]:
    """What each module of each layer imports from any layer, as `layer/module`."""
    found: dict[str, set[str]] = {}
    for layer in LAYERS:
        for path in sorted((package / layer).glob("[!_]*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found[f"{layer}/{path.stem}"] = set(imported(tree, layer))
    return found


def imported(tree: ast.Module, layer: str) -> Iterator[str]:
    """The modules that relative imports in a module of this layer name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        folder, _, module = (node.module or "").rpartition(".")
        if module in LAYERS or not module:
            place, names = module or layer, [alias.name for alias in node.names]
        else:
            place, names = (layer if node.level == 1 else folder), [module]
        yield from (f"{place}/{name}" for name in names if place in LAYERS)


def written(graph: Mapping[str, set[str]]) -> str:
    """The page."""
    parts = [HEAD, drawing("TD", layer_edges(graph))]
    for layer in LAYERS:
        inside = {
            (source.partition("/")[2], target.partition("/")[2])
            for source, targets in graph.items()
            for target in targets
            if source.startswith(f"{layer}/") and target.startswith(f"{layer}/")
        }
        parts.append(f"\n## Inside `{layer}`\n\n{drawing('LR', reduced(inside))}")
        parts.append(f"\n{table(graph, layer)}")
    return "".join(parts)


def layer_edges(graph: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """Which layer imports which other one."""
    between = {
        (source.partition("/")[0], target.partition("/")[0])
        for source, targets in graph.items()
        for target in targets
    }
    errors = {(layer, "errors") for layer in LAYERS}
    return reduced({edge for edge in between if edge[0] != edge[1]} | errors)


def reduced(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The edges without those that a longer way leads along too."""
    return {edge for edge in edges if not leads(edges - {edge}, *edge)}


def leads(edges: set[tuple[str, str]], start: str, end: str) -> bool:
    """Whether a way leads from `start` to `end`; there are no circles."""
    return any(
        target == end or leads(edges, target, end) for source, target in edges if source == start
    )


def drawing(direction: str, edges: set[tuple[str, str]]) -> str:
    """A Mermaid flowchart."""
    lines = [f"  {source} --> {target}" for source, target in sorted(edges)]
    return "\n".join(["```mermaid", f"flowchart {direction}", *lines, "```", ""])


def table(graph: Mapping[str, set[str]], layer: str) -> str:
    """What each module of a layer is for, and what it takes from the layers below."""
    rows = ["| module | is about | imports from below |", "| --- | --- | --- |"]
    for source, targets in graph.items():
        if source.startswith(f"{layer}/"):
            below = sorted(target for target in targets if not target.startswith(f"{layer}/"))
            names = ", ".join(f"`{target}`" for target in below)
            rows.append(f"| `{source.partition('/')[2]}` | {purpose(source)} | {names} |")
    return "\n".join([*rows, ""])


def purpose(module: str) -> str:
    """The first line of a module's docstring."""
    tree = ast.parse((CORE / f"{module}.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
