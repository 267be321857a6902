// A quote finds its sentences in the transcript
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
