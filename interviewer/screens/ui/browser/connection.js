// Whether the server is there, and what was not sent when it went.
const alive = async () => {
  let well = true;
  try { well = (await fetch("healthz", { cache: "no-store" })).ok; } catch { well = false; }
  const banner = $("#offline");
  if (!well && !banner) {
    const sent = $(".turn.sending");
    if (sent) sessionStorage.setItem(UNSENT, draftKey());
    kept(); // nothing is under way any more
    const box = document.createElement("div");
    box.id = "offline";
    box.setAttribute("role", "alert");
    const draft = shown(input("answer")) && input("answer").value.trim() ? "Your draft is kept in this browser. " : "";
    const where = sent ? "What you just sent is back in the box and kept in this browser. " : draft;
    box.textContent = `The practice room does not answer. ${where}This page goes on by itself when the room is back.`;
    document.body.append(box);
  } else if (well && banner) location.reload();
};
// What was to be sent as the connection went, or as somebody left before the interviewer had ended:
// back in the talk it is known whether it has arrived.
const UNSENT = "interviewer-unsent";
const unsent = (here) => {
  sessionStorage.removeItem(UNSENT);
  $("#unsent")?.remove();
  if (!here) return;
  const told = document.createElement("p");
  [told.id, told.role] = ["unsent", "status"];
  $("#answer").before(told);
  setTimeout(() => { told.textContent = "This was not sent. Send it when you are ready."; }, 200);
};
for (const change of ["offline", "online"]) window.addEventListener(change, () => alive());
document.addEventListener("click", (event) => { // nothing can be sent now, and the banner says so
  const press = $("#offline") && event.target.closest("#reply .buttons button:not(#think)");
  if (!press) return;
  event.stopImmediatePropagation();
  if (input("answer").value.trim()) sessionStorage.setItem(UNSENT, draftKey());
}, true);
