// The talk: what was pressed shows at once, before the room has kept it; while a reply is under
// way nothing else can be pressed
const PRESSES = ["send", "clarify", "hint", "think", "repeat", "skip", "skip-now", "finish", "finish-now"];
const PATIENCE = 130000, SOON = 4;
const SHORT = matchMedia("(max-height: 600px)"); // as in page.css: the box is not fixed there
let heard = "", pressed = 0, queued = "", began = 0, last = {}, repeating = false, fading = 0;
const tell = (text, aloud = "") => {
  write($("#told p"), text);
  write($("#told .heard-only"), aloud);
  clearTimeout(fading);
  if (text || aloud) fading = setTimeout(tell, 8000, "");
};
const attend = () => {
  const talk = $("#talk"), coming = $("#status [data-coming]");
  if (!shown(talk)) {
    if (queued) sessionStorage.setItem(UNSENT, restored);
    if (asking || queued) restored = ""; // on return the box is filled anew
    return void ([pressed, queued, began, asking, aside, question] = [0, "", 0, false, "", ""]);
  }
  const under = pressed || coming;
  began = under ? began || Date.now() : 0;
  const waiting = !!under && Date.now() - began < PATIENCE;
  if (!waiting && talk.classList.contains("waiting")) settled();
  talk.classList.toggle("waiting", waiting);
  talk.classList.toggle("asking", asking);
  if (grows !== $("#reply")) growth.observe(grows = $("#reply"));
  for (const id of PRESSES) {
    const off = String(waiting);
    if (button(id) && button(id).ariaDisabled !== off) button(id).ariaDisabled = off;
  }
  const seconds = Math.floor((Date.now() - began) / 1000), late = seconds >= SOON;
  const streaming = $("#live .turn"), [what, long] = document.querySelectorAll("#pending p span");
  const doing = coming?.textContent || (late ? "The interviewer is thinking about it…" : "One moment…");
  write(what, waiting && !streaming ? doing : "");
  write(long, waiting && !streaming && late ? `${seconds} s` : "");
  const ended = shown($("#facts [data-over]")), box = input("answer");
  box.readOnly = ended || !!pressed; // what is typed now would go with what was sent
  write($("#answer [data-testid=block-info]"), ended ? "Not sent" : asking ? "Your question" : "Your answer");
  write(button("send"), asking ? "Ask" : "Send");
  const keys = `${/Mac/.test(navigator.platform) ? "Cmd" : "Ctrl"} + Enter`;
  button("send").title = keys;
  button("send").setAttribute("aria-keyshortcuts", "Control+Enter Meta+Enter");
  button("send").parentElement.dataset.keys = `${keys} ${asking ? "asks" : "sends"}`;
  write(button("clarify"), asking ? "Cancel" : "Ask back");
  if (!waiting) hear();
  box.dir = "auto";
  const hint = asking ? "What do you need to know?" : "Say it as you would aloud.";
  if (box.placeholder !== hint) box.placeholder = hint;
};
// What the interviewer said is read out once, when all of it is there; one's own words are not.
const hear = () => {
  const said = document.querySelectorAll("#conversation .turn:not(.me)"), now = `${draftKey()?.split(":")[0]} ${said.length}`;
  if (now === heard || !said.length) return;
  heard = now;
  setTimeout((words) => tell($("#told p")?.textContent ?? "", words), 300, [...said].pop().querySelector("p").textContent); // the focus has moved by then
};
// What is too long to be graded whole is told while it can be shortened.
document.addEventListener("input", ({ target }) => {
  if (!target.closest("#answer") || asking) return;
  const said = [...document.querySelectorAll("#conversation .turn.me p")].map((turn) => turn.textContent.length);
  const most = +$("#facts [data-most]")?.dataset.most;
  if (said.reduce((sum, length) => sum + length, target.value.length) > most)
    tell(`Only the first ${most.toLocaleString("en-US")} characters count.`);
});
// A box that grows pushes the talk up, so that the question stays in view above it.
let grows = null, tall = 0;
const growth = new ResizeObserver(([{ target }]) => {
  if (tall && target.offsetHeight > tall && !SHORT.matches) scrollBy(0, target.offsetHeight - tall);
  tall = target.offsetHeight;
});
const show = (words) => {
  const turn = document.createElement("div"), who = document.createElement("span"), said = document.createElement("p");
  [turn.className, who.className, who.textContent, said.dir, said.textContent] = ["turn me sending", "who", "You", "auto", words];
  turn.append(who, said);
  $("#conversation .said")?.append(turn);
  input("answer").focus({ preventScroll: true });
};
const kept = () => { // the room has what was pressed
  if (!pressed) return;
  pressed = 0;
  if (last.id === "clarify") restored = ""; // was it taken, the draft is back; was it not, it still stands in the box
  document.querySelector(".turn.sending")?.remove();
  $("#talk").classList.remove("sending");
  drafts();
};
const settled = () => {
  kept();
  if (repeating) again();
  repeating = false;
  if (queued) setTimeout((id) => button(id)?.click(), 0, queued);
  queued = "";
};
const again = () => { // what was asked last is shown where it stands, not said twice
  const asked = [...document.querySelectorAll("#conversation .turn.asked")].filter(shown).pop() || $("#card .ask");
  asked.closest("details")?.setAttribute("open", "");
  asked.scrollIntoView({ block: "center" });
  asked.classList.remove("flash");
  void asked.offsetWidth; // starts the animation anew
  asked.classList.add("flash");
  tell("", (asked.querySelector("p") || asked).textContent);
};
document.addEventListener("click", (event) => {
  const id = PRESSES.find((one) => button(one)?.contains(event.target));
  if (!id) return;
  const words = input("answer").value.trim(), twice = last.id === id && !/^(skip|finish)$/.test(id) && Date.now() - last.at < 600;
  last = { id, at: Date.now() };
  const takes = id === "send" || id === "clarify";
  if ($("#talk.waiting") && !pressed && takes && words) queued = id; // sent when the interviewer has ended
  if ($("#talk.waiting") || pressed || (twice && !(takes && words)) || (takes && !words)) event.stopImmediatePropagation();
  else if (id === "finish" || id === "skip") tell(""); // they ask first
  else if (id !== "think") {
    [hasty, repeating] = [id === "finish-now", id === "repeat"];
    pressed = Date.now();
    tell("");
    setTimeout(() => { // Gradio first
      $("#talk").classList.add("sending");
      if (words && /send|clarify|finish/.test(id)) show(words);
      asking = false;
      attend();
      toTheEnd();
    });
  }
  if (!takes || words || twice || $("#talk.waiting") || pressed) return;
  if (id === "send") tell("Type your answer here first.");
  attend();
  input("answer").focus({ preventScroll: true });
}, true);
new MutationObserver((seen) => {
  const lost = [...document.querySelectorAll(".toast-item")].find((toast) => toast.textContent.includes("Connection to the server was lost"));
  if (lost && !lost.hidden) { // Gradio's own words for what the banner says
    lost.hidden = true;
    alive();
  }
  if (picked && document.activeElement === document.body)
    ($(`#found a[href="${picked}"]`) || searchBox())?.focus();
  if (seen.some(({ target }) => target.nodeType === 1 && target.closest("#facts"))) clock(); // before it is painted
  const where = "#conversation .prose, #live .prose, #status .prose, #trouble .prose";
  if (!seen.some(({ target, addedNodes }) => target.nodeType === 1 && target.closest(where) && !addedNodes[0]?.classList?.contains("sending"))) return;
  kept();
  attend();
  toTheEnd();
}).observe(document, { childList: true, subtree: true });
const toTheEnd = () => {
  const last = [...document.querySelectorAll("#conversation .turn:nth-child(n + 2), #live .turn")].filter(shown).pop();
  if (last && SHORT.matches) last.scrollIntoView({ block: "start" }); // the box would fill the window
  else if (last) scrollTo(0, document.documentElement.scrollHeight);
};
