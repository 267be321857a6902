"""How the page looks: theme, style sheet and the few lines of script that keys need."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

_HERE = Path(__file__).parent
CSS = (_HERE / "page.css").read_text(encoding="utf-8")
HEAD = f"<script>{(_HERE / 'page.js').read_text(encoding='utf-8')}</script>"


def theme() -> gr.themes.Base:
    """Return a calm theme on system fonts, so that nothing is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=["ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_border_width="0px",
        block_shadow="none",
        button_large_padding="12px 22px",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
    )
