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
// Where a browser keeps nothing for pages, this page remembers by itself for as long as it is open.
class Memory {
  getItem(name) { return this[name] ?? null; }
  setItem(name, text) { this[name] = text; }
  removeItem(name) { delete this[name]; }
}
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].setItem("interviewer-tried", "");
    window[name].removeItem("interviewer-tried");
  } catch { Object.defineProperty(window, name, { value: new Memory() }); } // Gradio, which comes later, would stop as well
}
// The first load takes seconds on a busy machine.
const opening = document.createElement("p");
const open = () => {
  if (!document.body) return requestAnimationFrame(open);
  const place = new URLSearchParams(location.search);
  opening.role = "status";
  // No style sheet is there yet: the system's colors are readable in the light and in the dark.
  opening.style = "color-scheme: light dark; background: Canvas; color: CanvasText; position: fixed; top: 120px; inset-inline: 24px; text-align: center; font: 1rem system-ui, sans-serif";
  opening.textContent = place.has("interview") ? "Opening your interview…" : place.has("round") ? "Opening your round…" : "One moment…";
  document.body.append(opening);
};
open();
const opened = () => { if (opening.isConnected && [...document.querySelectorAll(".screen")].some(shown)) opening.remove(); };
const KEYBOARD = matchMedia("(pointer: fine)").matches;
