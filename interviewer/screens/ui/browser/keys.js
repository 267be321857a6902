// Keys
document.addEventListener("keydown", (event) => {
  const at = event.target, typing = /INPUT|TEXTAREA|SELECT/.test(at.tagName) || at.isContentEditable;
  const presses = at.closest("a, button, summary, #answer") && (!typing || event.ctrlKey || event.metaKey);
  if (event.repeat && presses && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault(); // a key that is held down presses once, and not what has the focus after that
    event.stopPropagation();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && at.closest("#answer")) {
    event.preventDefault();
    event.stopPropagation();
    button("send")?.click();
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (shown($("#talk"))) return; // pressed by mistake, it would leave the interview
    event.preventDefault();
    if (shown(searchBox())) return searchBox().focus();
    depart();
    history.pushState(null, "", "?see=questions");
    go(location.search);
    wait(() => shown(searchBox()), () => searchBox().focus());
  } else if (at.closest("#search") || at.closest("#found")) {
    const links = [...document.querySelectorAll("#found a")], now = links.indexOf(at);
    const inBox = at.closest("#search");
    if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(now + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && !inBox) {
      event.preventDefault();
      (links[now - 1] || searchBox()).focus();
    } else if (event.key === "Enter" && inBox && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      if (at.value.trim()) wait(() => !stale, () => $("#found a")?.click());
    }
  } else if (event.key === "Escape") {
    const no = ["keep-going", "keep"].map(button).find(shown);
    if (no) no.click();
    else if (asking) answerOn();
  }
}, true);
const searchBox = () => { // described before it has the focus, which is when it is read out
  const box = input("search");
  box?.setAttribute("aria-describedby", "search-keys"); // Gradio's own help would be read as part of the name
  return box;
};
let picked = null; // a result that is drawn anew while one is on it keeps the focus
document.addEventListener("focusin", ({ target }) => { picked = target.closest("#found a")?.getAttribute("href"); });
const wait = (ready, then, tries = 40) => {
  if (ready()) then();
  else if (tries) setTimeout(wait, 75, ready, then, tries - 1);
};
document.addEventListener("click", (event) => {
  for (const [asks, answers] of [["finish", "finish-now"], ["skip", "keep-going"], ["delete", "keep"], ["keep", "delete"]])
    if (button(asks) && button(asks).contains(event.target))
      wait(() => shown(button(answers)), () => {
        const group = button(answers).closest("#confirm, #deleting"); // what it asks is heard with the button
        if (group) group.role = "group", group.setAttribute("aria-labelledby", `${group.id}-asks`);
        button(answers).focus();
      });
  if (button("keep-going")?.contains(event.target)) input("answer")?.focus();
});
// What was found for other words than stand in the box is marked, and looked for once more if it
// stays; by a box of its own, since somebody may be typing in this one
const SOON_FOUND = 800;
let stale = 0;
const sought = () => {
  const box = searchBox(), found = $("#found");
  if (!shown(box)) return;
  const old = box.value.trim() !== (found.querySelector("[data-for]")?.dataset.for ?? "");
  stale = old ? stale || Date.now() : 0;
  found.classList.toggle("stale", old);
  if (!old) return write($("#search-told [role=status]"), box.value.trim() && outcome(found));
  if (Date.now() - stale < SOON_FOUND) return;
  stale = Date.now();
  set(input("sought"), `${box.value}#${++count}`);
};
const outcome = (found) => {
  const none = found.querySelector("h2, [data-for] > p:only-child"), rows = found.querySelectorAll(".rows a").length;
  return none ? none.textContent : rows === 1 ? "1 question" : `${rows} questions`;
};
