"""Sixty texts that try to run a script, to leave the page or to break out of it."""

from __future__ import annotations

AWAY = "http://127.0.0.1:9/x"
RUN = "alert(1)"

PAYLOADS = [
    f"<script>{RUN}</script>", f"<SCRIPT>{RUN}</SCRIPT>", f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script src={AWAY}></script>", f"<script type=module>{RUN}</script>", f"</p><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>", f'<img src="{AWAY}">', f'"><img src=x onerror={RUN}>', f"'><img src=x onerror={RUN}>",
    f"<img srcset='{AWAY} 1x'>", f"<IMG SRC=javascript:{RUN}>", f"<img src=x:x onerror\n={RUN}>", f"<picture><source srcset={AWAY}><img></picture>",
    f"![x]({AWAY})", f"![x][r]\n\n[r]: {AWAY}", f"[r]: {AWAY}\n![a][r]", f"[click](javascript:{RUN})", f"[click](data:text/html,<script>{RUN}</script>)",
    f"<a href=javascript:{RUN}>a</a>", f"<a href='{AWAY}' ping='{AWAY}'>a</a>", f"<a href=jAvAsCrIpT&colon;{RUN}>a</a>", f"<javascript:{RUN}>",
    f"<svg onload={RUN}></svg>", f"<svg><script>{RUN}</script></svg>", f"<svg><image href={AWAY} /></svg>", f"<svg><use href='{AWAY}#x'/></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>", f"<svg><a xlink:href=javascript:{RUN}><text>x</text></a></svg>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>", f"<math href=javascript:{RUN}>x</math>",
    f"<style>body{{background:url({AWAY})}}</style>", f"<style>@import '{AWAY}';</style>", f"<link rel=stylesheet href={AWAY}>", f"<div style='background:url({AWAY})'>x</div>",
    f"<link rel=prefetch href={AWAY}>", f"<base href={AWAY}>", f"<meta http-equiv=refresh content='0;url={AWAY}'>",
    f"<form action={AWAY}><input name=x><button>go</button></form>", f"<input autofocus onfocus={RUN}>", f"<select autofocus onfocus={RUN}></select>",
    f"<textarea autofocus onfocus={RUN}></textarea>", f"</textarea><script>{RUN}</script>", f"<button formaction={AWAY}>x</button>",
    f"<iframe src={AWAY}></iframe>", f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>", f"<iframe src=javascript:{RUN}></iframe>",
    f"<object data={AWAY}></object>", f"<embed src={AWAY}>", f"<video src={AWAY} autoplay></video>", f"<audio src=x onerror={RUN} autoplay></audio>",
    f"<details open ontoggle={RUN}>x</details>", f"<marquee onstart={RUN}>x</marquee>", f"<body onload={RUN}>", f"<div onmouseover={RUN} style=position:fixed;inset:0>x</div>",
    f"<template><script>{RUN}</script></template>", f"<!--><img src=x onerror={RUN}>-->", f"<![CDATA[><script>{RUN}</script>]]>",
    f"```html\n<script>{RUN}</script>\n```", f"$$\\href{{javascript:{RUN}}}{{x}}$$",
]  # fmt: skip
