// Drafts: kept under the interview and how often the candidate spoke in it, so what was sent never
// returns, and what is typed while the interviewer still speaks is kept as well
const PREFIX = "interviewer-draft-";
let restored = "";
const draftKey = () => $("#facts [data-draft]")?.dataset.draft;
const store = (name, text) => { try { localStorage.setItem(PREFIX + name, text); } catch { /* full: the page still has it */ } };
const keep = (key, text) => {
  for (const name of Object.keys(localStorage))
    if (name.startsWith(PREFIX + key.split(":")[0])) localStorage.removeItem(name);
  if (text) store(key, text);
};
document.addEventListener("input", (event) => {
  const key = event.target.closest("#answer") && draftKey();
  if (key && asking) store(key.split(":")[0] + ASKED, event.target.value);
  else if (key) keep(key, event.target.value);
});
const sent = (text) => // by now, though the box was left before it could be emptied
  [...document.querySelectorAll("#conversation .turn.me:not(.sending) p")].pop()?.textContent.trim() === text.trim();
const drafts = () => {
  const key = draftKey(), box = input("answer");
  if (!key || !box || key === restored || !shown(box)) return;
  const here = key.split(":")[0], other = restored.split(":")[0] !== here;
  const asked = question || localStorage.getItem(PREFIX + here + ASKED), put = aside || localStorage.getItem(PREFIX + here + ASIDE);
  const missed = asked && !sent(asked); // a question that was not taken, or not sent before the page went
  if (missed && $("#talk.waiting")) return;
  restored = key;
  if (missed) {
    if (!$("#offline")) unsent(sessionStorage.getItem(UNSENT) === key); // while it is there, the banner says so
    return askBack(put || "", asked);
  }
  question = aside = "";
  const kept = localStorage.getItem(PREFIX + key) || put;
  if (box.value && sent(box.value)) set(box, "");
  unsent(!!kept && sessionStorage.getItem(UNSENT) === key);
  if (kept && !box.value && !sent(kept)) set(box, kept);
  else if (box.value && !other) keep(key, box.value);
  else if (box.value && other) set(box, kept || "");
  else keep(key, ""); // what was sent leaves nothing behind
};
// Gradio keeps what stood in the box of another interview: it is gone before the first key is heard.
for (const first of ["focusin", "beforeinput"])
  document.addEventListener(first, ({ target }) => { if (target.closest("#answer")) drafts(); }, true);
