// The clock, and the silent minute
const THINK = "Think for a minute", THINKING = "interviewer-thinking";
let base = null, since = 0, thinking = 0, thought = "", inTime = "";
const clock = () => {
  const timer = $("#facts [data-spent]");
  if (!timer) return;
  if (base !== timer) [base, since] = [timer, Date.now()];
  if (thought !== draftKey()) { // the minute is for one turn, and goes on when the page is loaded anew
    thought = draftKey();
    const [turn, until] = (sessionStorage.getItem(THINKING) || "").split(" ");
    thinking = turn === thought ? +until : 0;
  }
  const ended = $("#facts [data-over]"); // what the grading takes is not the candidate's
  const seconds = +timer.dataset.spent + (ended ? 0 : Math.floor((Date.now() - since) / 1000));
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (timer.textContent !== time) timer.textContent = time;
  const over = seconds > +timer.dataset.pace, interview = thought.split(":")[0];
  timer.classList.toggle("over", over);
  if (over && inTime === interview) tell($("#told p").textContent, "The suggested time is over. Take the time you need.");
  inTime = over ? "" : interview;
  const left = Math.ceil((thinking - Date.now()) / 1000);
  write(button("think"), left > 0 ? `Thinking, ${left} s` : THINK);
  if (button("think")) button("think").ariaLabel = left > 0 ? "Thinking, press to end the minute" : null; // the count is not read out each second
  if (thinking && left <= 0) think(0, "The minute is over.");
};
const think = (until, word) => {
  thinking = until;
  sessionStorage.setItem(THINKING, `${thought} ${until}`);
  tell(word);
  if (!until) input("answer")?.focus({ preventScroll: true });
};
document.addEventListener("click", (event) => {
  if (!button("think")?.contains(event.target)) return;
  if (thinking) think(0, "");
  else think(Date.now() + 60000, "A quiet minute for you.");
});
