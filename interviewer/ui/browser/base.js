// What a browser does for the page. These files are one script in one scope, joined by style.py. None
// holds a record: interviews work without it, and drafts are the only thing kept (in this browser).
const $ = (selector) => document.querySelector(selector);
const input = (id) => $(`#${id} textarea, #${id} input`);
const button = (id) => $(`button#${id}, #${id} button`);
const set = (element, value) => {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
};
const shown = (element) => !!element?.getClientRects().length;
const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
// The first load takes seconds on a busy machine.
const opening = document.createElement("p");
const open = () => {
  if (!document.body) return requestAnimationFrame(open);
  const place = new URLSearchParams(location.search);
  opening.role = "status";
  opening.style = "position: fixed; top: 120px; inset-inline: 24px; text-align: center; font: 1rem system-ui, sans-serif";
  opening.textContent = place.has("interview") ? "Opening your interview…" : place.has("round") ? "Opening your round…" : "One moment…";
  document.body.append(opening);
};
open();
const opened = () => { if (opening.isConnected && [...document.querySelectorAll(".screen")].some(shown)) opening.remove(); };
const KEYBOARD = matchMedia("(pointer: fine)").matches;
