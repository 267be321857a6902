// Addresses: links and the back button ask the server for a place, no reload
let count = 0, place = null, landing = false, going = false;
const go = (query) => {
  going = query !== place; // until the page is there
  landing = true;
  set(input("route"), `${query}#${++count}`);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const href = link.getAttribute("href");
  if (link.dataset.next !== undefined) leave(link);
  if (href.startsWith("#t")) {
    event.preventDefault();
    cite(link);
  } else if (href.startsWith("?") && input("route")) {
    event.preventDefault();
    history.pushState(null, "", href === "?" ? location.pathname : href);
    go(location.search);
  }
});
window.addEventListener("popstate", ({ state }) => input("route") && !within(state) && go(location.search));
const follow = () => {
  const now = input("place")?.value;
  if (now === undefined || now === place) return;
  if (place !== null && now !== location.search) history.pushState(null, "", now || location.pathname);
  const first = place === null;
  place = now, going = false;
  setTimeout(() => arrived(first), 60);
};
// The server says that this screen is over, and where to go. The last words stay long enough to be
// read, unless it was the candidate who ended it.
const FAREWELL = 4000;
let left = null, over = 0, hasty = false;
const next = () => {
  const link = $("#status a[data-next]"), ended = shown($("#facts [data-over]"));
  over = ended ? over || Date.now() : 0;
  if (!ended) hasty = hasty && !!$("#talk.waiting");
  if (!shown(link) || link === left) return;
  if (ended && !hasty && Date.now() - over < FAREWELL) return link.matches(":focus") || link.focus({ preventScroll: true });
  leave(link);
  go(link.dataset.next);
};
const leave = (link) => { // what comes may have the same address
  left = link;
  wait(() => !shown($("#talk")), () => arrived(false), 400);
};
const arrived = (first) => {
  const heading = headline();
  if (!first) window.scrollTo(0, 0);
  if (shown(input("answer"))) {
    if (KEYBOARD) input("answer").focus({ preventScroll: true }); // elsewhere it would hide half the screen
    toTheEnd();
  } else if (!first && heading && document.activeElement !== input("search")) heading.focus({ preventScroll: true });
  landing = !first;
};
// What has the focus may be drawn anew or hidden: then it is the heading's again, until somebody
// moves on.
const headline = () => [...document.querySelectorAll("h1")].find(shown);
const land = () => {
  const heading = headline(), title = `${heading?.dataset.title || heading?.textContent} · Interviewer`;
  if (!heading) return;
  if (document.title !== title) {
    document.title = title;
    if (landing && !shown(input("answer"))) window.scrollTo(0, 0);
  }
  if (landing && document.activeElement === document.body) heading.focus({ preventScroll: true });
};
document.addEventListener("focusin", ({ target }) => { if (target.tagName !== "H1") landing = false; });
for (const moved of ["pointerdown", "input"])
  document.addEventListener(moved, (event) => { if (event.isTrusted) landing = false; }, true);
