// A long question: there and back in one press; code to take along
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]"), question = $("#card details");
  if (copy) {
    const code = $(copy.dataset.copy);
    getSelection().selectAllChildren(code);
    const done = document.execCommand("copy"); // works without https as well
    write(copy, done ? "Copied" : "Press Ctrl + C");
    setTimeout(write, 2000, copy, "Copy");
  } else if (event.target.closest("[data-fold]") && question) {
    const atEnd = scrollY + innerHeight > document.documentElement.scrollHeight - 40;
    const reading = question.open && !atEnd;
    question.open = !reading;
    if (reading) toTheEnd();
    else question.parentElement.scrollIntoView({ block: "start" });
  }
});
