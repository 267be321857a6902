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
const KEYBOARD = matchMedia("(pointer: fine)").matches;
