"""Build HTML whose text is escaped by construction.

The HTML travels through a Markdown renderer, which leaves a block of it alone up to the first
line break that looks like an empty line. So every line break is written as an entity.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import datetime

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_VOID = {"br", "input", "meta"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def el(tag: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Make an element; `cls` is class, `data_x` is data-x, a value of None or False leaves it out."""
    names = {"cls": "class", "for_": "for"}
    shown = "".join(
        f" {names.get(key, key.replace('_', '-'))}"
        + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    close = "" if tag in _VOID else f"{join(children)}</{tag}>"
    return Html(f"<{tag}{shown}>{close}")


def join(children: Iterable[Child]) -> Html:
    """Put pieces together; plain text is escaped, None is nothing."""
    return Html("".join(_one(child) for child in children))


def _one(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    return escape(child) if isinstance(child, str) else join(child)


def escape(text: str) -> str:
    """Make text harmless in HTML, its line breaks included."""
    return _line_breaks(html.escape(text))


def code(text: str) -> Html:
    """Highlight Python; every line is an element of its own, which the style sheet numbers."""
    inner = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip()
    lines = "\n".join(f'<span class="line">{line}</span>' for line in inner.split("\n"))
    return Html(f'<pre tabindex="0"><code>{_line_breaks(lines)}</code></pre>')


def badge(level: str, text: str | None = None) -> Html:
    """Mark something with its level, in words as well as in colour."""
    return el("span", text or level, cls=f"badge lv-{level}")


def link(
    text: Child, query: str, *, about: str = "", **attributes: str | int | bool | None
) -> Html:
    """Link to a place in the room; the page goes there without loading anew.

    Args:
        text: what it says.
        query: where it leads.
        about: what tells it from others that say the same, for those who only hear it.
        attributes: of the element.
    """
    more = el("span", f": {about}", cls="heard-only") if about else None
    return el("a", text, more, href=query or "?", **attributes)


def fold(title: str, *inside: Child, unfolded: bool = False, name: str | None = None) -> Html:
    """Put something under a title that opens it.

    Args:
        title: what stands there all the time.
        inside: what is to be opened.
        unfolded: whether it is open from the beginning.
        name: its id.
    """
    return el("details", el("summary", title), *inside, cls="fold", id=name, open=unfolded)


def ask(label: str, what: str, *, busy: str, then: str, about: str | None = None) -> Html:
    """Make a button that asks the room for something from within its text.

    Args:
        label: what it says.
        what: what is asked for, as `Page.asked` reads it.
        busy: what it says meanwhile.
        then: the id of what has the focus when it is done.
        about: what it is about, for those who do not see what it stands beside.
    """
    name = f"{label}: {about}" if about else None
    return el("button", label, type="button", cls="asks", data_ask=what, data_busy=busy,
              data_then=then, aria_label=name)  # fmt: skip


def moment(at: datetime) -> str:
    """Name a moment, as the clock of this machine shows it: 29 Nov, 19:42; it stays on one line."""
    return f"{at.astimezone():%-d\u00a0%b,\u00a0%H:%M}"


def clock(at: datetime) -> str:
    """Name a moment with its year, as the clock of this machine shows it: 29 November 2026, 19:42."""
    return f"{at.astimezone():%-d\u00a0%B\u00a0%Y, %H:%M}"


def _line_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "&#10;").replace("\r", "&#10;")
