"""How the page looks: theme, style sheet and script. Every font comes with Gradio; nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

_HERE = Path(__file__).parent
CSS = (_HERE / "page.css").read_text(encoding="utf-8")
_SCRIPTS = (
    "base", "addresses", "choices", "asks", "quotes", "keys", "drafts", "clock", "connection",
    "dictation", "clarify", "talk", "material", "last",
)  # fmt: skip
_SCRIPT = "\n".join((_HERE / f"browser/{name}.js").read_text("utf-8") for name in _SCRIPTS)
HEAD = f"<script>(() => {{\n{_SCRIPT}}})();</script>"


def theme() -> gr.themes.Base:
    """Return warm paper, ink and one green; the same variables hold the dark side."""
    pairs = {
        "body_background_fill": "var(--paper)",
        "background_fill_primary": "var(--card)",
        "background_fill_secondary": "var(--tint)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "block_background_fill": "transparent",
        "block_label_text_color": "var(--soft)",
        "block_title_text_color": "var(--ink)",
        "block_info_text_color": "var(--soft)",
        "border_color_primary": "var(--line)",
        "input_background_fill": "var(--card)",
        "input_background_fill_focus": "var(--card)",
        "input_border_color": "var(--soft)",
        "input_placeholder_color": "var(--soft)",
        "checkbox_label_background_fill": "var(--card)",
        "checkbox_label_text_color": "var(--ink)",
        "button_secondary_background_fill": "var(--card)",
        "button_secondary_background_fill_hover": "var(--tint)",
        "button_secondary_border_color": "var(--soft)",
        "button_secondary_text_color": "var(--ink)",
        "button_primary_background_fill": "#0f6b63",
        "button_primary_background_fill_hover": "#0a544e",
        "button_primary_border_color": "#0f6b63",
        "button_primary_text_color": "#ffffff",
        "button_cancel_background_fill": "#b42318",
        "button_cancel_text_color": "#ffffff",
        "button_cancel_background_fill_hover": "#8f1b12",
        "button_cancel_text_color_hover": "#ffffff",
        "checkbox_label_background_fill_selected": "var(--me)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "checkbox_background_color_selected": "#0f6b63",
        "checkbox_border_color": "var(--soft)",
        "checkbox_border_color_hover": "var(--soft)",
    }
    both = {name + side: value for name, value in pairs.items() for side in ("", "_dark")}
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=[
            gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "ui-sans-serif",
            "system-ui",
            "sans-serif",
        ],
        font_mono=[
            gr.themes.LocalFont("IBM Plex Mono", weights=(400,)),
            "ui-monospace",
            "monospace",
        ],
    ).set(
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        input_border_width="1px",
        button_border_width="1px",
        button_secondary_border_color_hover="var(--ink)",
        button_large_padding="10px 22px",
        button_large_text_weight="600",
        **both,
    )
