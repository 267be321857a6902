// Drafts: kept under the interview and how many turns it had, so what was sent never returns
const PREFIX = "interviewer-draft-";
let restored = "";
const draftKey = () => $("#facts [data-draft]")?.dataset.draft;
const keep = (key, text) => {
  for (const name of Object.keys(localStorage))
    if (name.startsWith(PREFIX + key.split(":")[0])) localStorage.removeItem(name);
  if (text) try { localStorage.setItem(PREFIX + key, text); } catch { /* full: the page still has it */ }
};
document.addEventListener("input", (event) => {
  if (event.target.closest("#answer") && draftKey() && !asking) keep(draftKey(), event.target.value);
});
const sent = (text) => // by now, though the box was left before it could be emptied
  [...document.querySelectorAll("#conversation .turn.me:not(.sending) p")].pop()?.textContent.trim() === text.trim();
const drafts = () => {
  const key = draftKey(), box = input("answer");
  if (!key || !box || key === restored || !shown(box)) return;
  const here = key.split(":")[0], other = restored.split(":")[0] !== here;
  restored = key;
  const kept = localStorage.getItem(PREFIX + key) || localStorage.getItem(PREFIX + here + ASIDE);
  if (box.value && sent(box.value)) set(box, "");
  unsent(!!kept && sessionStorage.getItem(UNSENT) === key);
  if (kept && !box.value) set(box, kept);
  else if (box.value && !other) keep(key, box.value);
  else if (box.value && other) set(box, kept || "");
  else keep(key, ""); // what was sent leaves nothing behind
};
