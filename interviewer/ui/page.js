// Ctrl or Cmd + Enter sends; everything else on the page works without this.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  if (!event.target.closest("#answer")) return;
  event.preventDefault();
  event.stopPropagation();
  document.querySelector("button#send, #send button")?.click();
}, true);
