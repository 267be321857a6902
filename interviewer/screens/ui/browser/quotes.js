// A quote finds its sentences in the transcript; going back from there returns to the quote
let cited = null;
const cite = (link) => {
  cited = { link, top: scrollY };
  const quote = { ...link.dataset };
  if (history.state?.quote) history.replaceState({ quote }, "");
  else {
    history.replaceState({ top: scrollY }, "");
    history.pushState({ quote }, "");
  }
  find(quote);
};
const within = (state) => { // whether it was a step between the two
  if (going || place !== location.search || !(state?.quote || state?.top >= 0)) return false;
  if (state.quote) return find(state.quote) || true;
  document.querySelectorAll("mark.lit").forEach((mark) => mark.classList.remove("lit"));
  const back = cited?.link.isConnected;
  if (back) cited.link.focus({ preventScroll: true });
  setTimeout(scrollTo, 0, 0, back ? cited.top : state.top); // the browser first
  return true;
};
const find = ({ turn, start, end }) => {
  document.querySelectorAll("mark.lit").forEach((mark) => mark.classList.remove("lit"));
  const marks = [...document.querySelectorAll(`mark[data-turn="${turn}"]`)].filter(
    (mark) => +mark.dataset.at >= +start && +mark.dataset.at < +end);
  marks.forEach((mark) => mark.classList.add("lit"));
  if (marks[0]) {
    marks[0].tabIndex = -1;
    marks[0].focus({ preventScroll: true });
    marks[0].scrollIntoView({ block: "center" });
  }
};
