// Asking back: for as long as the box is for a question, the draft of an answer is put aside
const ASIDE = ":aside", ASKED = ":asked";
let asking = false, aside = "", question = "", posing = false, posed = 0;
const askBack = (draft = input("answer").value, asked = "") => {
  [asking, aside, question] = [true, draft, ""];
  if (aside) keep(draftKey().split(":")[0] + ASIDE, aside);
  set(input("answer"), asked);
  tell("");
  attend();
};
const answerOn = () => { // the question is dropped, the draft is back
  asking = false;
  set(input("answer"), aside);
  aside = "";
  attend();
};
const pose = () => {
  if (!input("answer").value.trim()) return tell("Type your question here first.");
  [posed, question] = [Date.now(), input("answer").value];
  posing = true;
  button("clarify").click();
  posing = false;
};
document.addEventListener("click", (event) => {
  const sends = button("send")?.contains(event.target), asks = button("clarify")?.contains(event.target);
  const late = sends && Date.now() - posed < 600; // the second press of two, for what was sent by the first
  if (posing || (!asks && !(sends && (asking || late)))) return;
  event.stopImmediatePropagation();
  if ($("#talk.waiting") || late || (asks && event.detail > 1)) return;
  if (sends) pose();
  else asking ? answerOn() : askBack();
  input("answer").focus({ preventScroll: true });
}, true);
