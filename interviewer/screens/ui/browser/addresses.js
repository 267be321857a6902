// Addresses: links and the back button ask the server for a place, no reload
let count = 0, place = null, landing = false, going = false, top = 0;
const go = (query) => {
  going = query !== place; // until the page is there
  landing = true;
  top = 0;
  set(input("route"), `${query}#${++count}`);
};
// Where a page was scrolled to is kept with its address, for who comes back to it.
const depart = () => history.replaceState({ ...history.state, top: scrollY }, "");
document.addEventListener("click", (event) => {
  const ends = button("end-round"); // the same address has another screen then
  if (ends?.contains(event.target)) wait(() => !shown(ends), () => arrived(false), 400);
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const href = link.getAttribute("href");
  if (link.dataset.next !== undefined) leave(link);
  if (href.startsWith("#t")) {
    event.preventDefault();
    cite(link);
  } else if (href.startsWith("?") && input("route")) {
    event.preventDefault();
    depart();
    history.pushState(null, "", href === "?" ? location.pathname : href);
    go(location.search);
  }
});
window.addEventListener("popstate", ({ state }) => {
  if (!input("route") || within(state)) return;
  go(location.search);
  top = state?.top || 0;
});
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
  landing = !first || shown($("#talk")); // its box may come later
  if (!first) toTheTop();
  if (shown(input("answer"))) toTheBox();
  else if (!first && heading && document.activeElement !== input("search")) heading.focus({ preventScroll: true });
};
// What is shown may be lower than where the page was, until all of it is drawn.
const toTheTop = () => {
  const tall = () => document.documentElement.scrollHeight - innerHeight >= top;
  wait(() => !landing || tall(), () => { if (landing) window.scrollTo(0, top); }, 20);
};
const toTheBox = () => {
  if (KEYBOARD) input("answer").focus({ preventScroll: true }); // elsewhere it would hide half the screen
  toTheEnd();
};
// What has the focus may be drawn anew or hidden: then it is the heading's again, until somebody
// moves on. In an interview it is the box's, which on a busy machine comes after its heading.
const headline = () => [...document.querySelectorAll("h1")].find(shown);
const land = () => {
  const heading = headline(), title = `${heading?.dataset.title || heading?.textContent} · Interviewer`;
  if (!heading) return;
  if (document.title !== title) {
    document.title = title;
    if (landing && !shown(input("answer"))) toTheTop();
  }
  const free = document.activeElement === document.body;
  if (landing && KEYBOARD && shown(input("answer")) && (free || document.activeElement === heading)) toTheBox();
  else if (landing && free) heading.focus({ preventScroll: true });
};
document.addEventListener("focusin", ({ target }) => { if (target.tagName !== "H1") landing = false; });
for (const moved of ["pointerdown", "input"])
  document.addEventListener(moved, (event) => { if (event.isTrusted) landing = false; }, true);
