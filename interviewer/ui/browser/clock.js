// The clock, and the silent minute
const THINK = "Think for a minute";
let base = null, since = 0, thinking = 0, thought = "";
const clock = () => {
  const timer = $("#facts [data-spent]");
  if (!timer) return;
  if (base !== timer) [base, since] = [timer, Date.now()];
  if (thought !== draftKey()) [thinking, thought] = [0, draftKey()]; // the minute is for one turn
  const seconds = +timer.dataset.spent + Math.floor((Date.now() - since) / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (timer.textContent !== time) timer.textContent = time;
  timer.classList.toggle("over", seconds > +timer.dataset.pace);
  const left = Math.ceil((thinking - Date.now()) / 1000);
  write(button("think"), left > 0 ? `Thinking, ${left} s` : THINK);
  if (thinking && left <= 0) think(0, "The minute is over.");
};
const think = (until, word) => {
  thinking = until;
  tell(word);
  if (!until) input("answer")?.focus({ preventScroll: true });
};
document.addEventListener("click", (event) => {
  if (!button("think")?.contains(event.target)) return;
  if (thinking) think(0, "");
  else think(Date.now() + 60000, "A quiet minute for you.");
});
