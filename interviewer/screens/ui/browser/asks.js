// Buttons within a text: what they ask for travels in a box, the answer redraws the text
document.addEventListener("click", (event) => {
  const asking = event.target.closest("[data-ask]");
  if (!asking || asking.ariaDisabled) return;
  const before = asking.textContent, open = folds("[open]");
  asking.textContent = asking.dataset.busy;
  asking.ariaDisabled = "true";
  const words = `${asking.dataset.ask}#${++count}`;
  set(input("asked"), words);
  wait(() => input("replied").value === words, () => {
    for (const [name, fold] of folds("")) if (open.has(name)) fold.open = true; // drawn anew, they are shut
    const told = document.getElementById(asking.dataset.then);
    told?.closest("details")?.setAttribute("open", "");
    told?.focus({ preventScroll: true });
    told?.scrollIntoView({ block: "nearest" });
    if (asking.isConnected) [asking.textContent, asking.ariaDisabled] = [before, null];
  }, 3000);
});
const folds = (which) => new Map([...document.querySelectorAll(`#details details${which}`)].map(
  (fold) => [fold.querySelector("summary").textContent, fold]));
// Where an objection points: the sentences are in the page once, and in a card when it is opened
document.addEventListener("toggle", ({ target }) => {
  const picks = target.open && target.querySelector(":scope > .picks:empty");
  if (!picks) return;
  picks.append(...[...$("#sentences").children].map((sentence) => {
    const pick = sentence.cloneNode(true);
    Object.assign(pick.dataset, { ask: `${picks.dataset.askAt} ${pick.dataset.at}`, then: picks.dataset.then });
    return pick;
  }));
}, true);
