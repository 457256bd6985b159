"""What the site has beside the pages in this folder: the examples, the files at the top of the repository, `llms.txt`.

A page may link to ``../examples/quickstart.py`` or ``../CHANGELOG.md``, as a reader of the repository expects it. The site
has these files as pages of its own, and the links lead there.
"""

from __future__ import annotations

import ast
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
TOP = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "LICENSE": "project/licence.md",
}
FEWEST_WORDS = 5
"""Of the sentence by which `llms.txt` tells what a page is about."""
_LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_PICTURE = re.compile(r'<p><img [^>]*src="[^"]*pictures/(?P<name>[a-z-]+\.svg)"[^>]*></p>')
_SCHEME = re.compile(r"^[a-z]+:")
_LOADED = re.compile(r"""<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
_IMPORTED = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")


def _examples() -> list[Path]:
    return sorted((ROOT / "examples").glob("*.py"))


def _example(path: Path) -> str:
    """Return the page of one example: what it says of itself, and its source."""
    source = path.read_text()
    said = ast.get_docstring(ast.parse(source)) or ""
    title = path.stem.replace("_", " ").capitalize()
    said = re.sub(r"(?m)^    (\S.*)$", r"    \1", said)
    return f'# {title}\n\n{said}\n\n```python title="examples/{path.name}"\n{source}```\n'


def _list_of_examples() -> str:
    lines = ["# Examples", "", "Each runs against the local exchange, and a test runs every one of them.", ""]
    for path in _examples():
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n", 1)[0].replace("\n", " ")
        lines.append(f"- [`{path.name}`]({path.stem}.md): {first}")
    return "\n".join(lines) + "\n"


def _to_site(page: str, target: str) -> str | None:
    """Return where the site has what a page links to outside this folder; None when it is inside."""
    if _SCHEME.match(target):
        return None
    place = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    if place.startswith("docs/"):
        return None
    if place == "examples":
        found: str | None = "examples/index.md"
    elif place.startswith("examples/"):
        found = place.removesuffix(".py") + ".md"
    else:
        found = TOP.get(place)
    if found is None:
        raise PluginError(f"{page} links to {target}, which is not in the site")
    return posixpath.relpath(found, posixpath.dirname(page) or ".")


def on_config(config: Any, **_: Any) -> Any:
    """Put every example into the navigation."""

    def put(entries: Any) -> Any:
        if entries == "examples/index.md":
            return {"Examples": [entries, *(f"examples/{path.stem}.md" for path in _examples())]}
        if isinstance(entries, dict):
            return {title: put(each) for title, each in entries.items()}
        return [put(each) for each in entries] if isinstance(entries, list) else entries

    config["nav"] = put(config["nav"])
    return config


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the pages that are made of other files."""
    made = {f"examples/{path.stem}.md": _example(path) for path in _examples()}
    made["examples/index.md"] = _list_of_examples()
    for name, place in TOP.items():
        text = (ROOT / name).read_text()
        if name == "LICENSE":
            text = "# Licence\n\n" + text
        made[place] = re.sub(r"\]\(docs/", "](../", text)
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links out of this folder to where the site has what they name."""

    def lead(match: re.Match[str]) -> str:
        target = _to_site(page.file.src_uri, match["target"])
        return match[0] if target is None else f"]({target}{match['anchor'] or ''})"

    return _LINK.sub(lead, markdown)


def _inline(match: re.Match[str]) -> str:
    """Return the picture itself in the place of a reference to it, so that it takes the colours of the page."""
    svg = (ROOT / "docs" / "pictures" / match["name"]).read_text()
    return f'<div class="picture" tabindex="0">{svg}</div>'


def on_page_content(html: str, **_: Any) -> str:
    """Put pictures into the page. Docstrings announce a block of code by two colons; one is for readers."""
    return _PICTURE.sub(_inline, html.replace("::</p>", ":</p>"))


def on_post_build(config: Any, **_: Any) -> None:
    """Refuse anything that a browser would load from another host."""
    site = Path(config["site_dir"])
    for path in sorted(site.rglob("*")):
        if path.suffix in {".html", ".css"} and (
            found := (_LOADED if path.suffix == ".html" else _IMPORTED).search(path.read_text())
        ):
            raise PluginError(f"{path.relative_to(site)} loads from another host: {found[0][:200]}")


def on_env(env: Any, config: Any, files: Files, **_: Any) -> Any:
    """Write `llms.txt`, a list of the pages, and `llms-full.txt`, their text, for programs that read."""
    site = Path(config["site_dir"])
    listed = [f"# {config['site_name']}", "", f"> {config['site_description']}", ""]
    full = []
    for section in config["nav"]:
        ((title, entries),) = section.items()
        listed += [f"## {title}", ""]
        for place in _places(entries):
            file = files.get_file_from_path(place)
            if file is None or file.page is None:
                continue
            said = _first_sentence(file.page.markdown or "")
            if len(said.split()) < FEWEST_WORDS and not place.endswith("licence.md"):
                raise PluginError(f"{place} must begin with a sentence that says what it is about, got {said!r}")
            listed.append(f"- [{file.page.title}]({file.url}): {said}")
            if not place.startswith(("parity", "project/", "reference/")):
                full += [f"<!-- {file.url} -->", file.page.markdown or "", ""]
        listed.append("")
    site.mkdir(parents=True, exist_ok=True)
    (site / "llms.txt").write_text("\n".join(listed))
    (site / "llms-full.txt").write_text("\n".join(full))
    return env


def _places(entries: Any) -> list[str]:
    if isinstance(entries, str):
        return [entries]
    if isinstance(entries, dict):
        return [place for each in entries.values() for place in _places(each)]
    return [place for each in entries for place in _places(each)]


def _first_sentence(markdown: str) -> str:
    """Return the first sentence of the first paragraph of prose."""
    markdown = re.sub(r"(?ms)^ *```.*?^ *```$", "", markdown)
    for paragraph in re.split(r"\n\s*\n", markdown):
        text = " ".join(paragraph.split())
        if text and not text.startswith(("#", "<", "```", "|", "!", ":", "-", "1.")):
            sentence = re.match(r".*?(?:\.(?=\s|$)|:$)", text)
            said = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", sentence[0] if sentence else text)
            return said.replace("**", "").rstrip(":")
    return ""
