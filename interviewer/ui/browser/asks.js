// Buttons within a text: what they ask for travels in a box, the answer redraws the text
document.addEventListener("click", (event) => {
  const asking = event.target.closest("[data-ask]");
  if (!asking || asking.ariaDisabled) return;
  const before = asking.textContent;
  asking.textContent = asking.dataset.busy;
  asking.ariaDisabled = "true";
  set(input("asked"), `${asking.dataset.ask}#${++count}`);
  wait(() => input("asked").value === "", () => {
    const told = document.getElementById(asking.dataset.then);
    told?.closest("details")?.setAttribute("open", "");
    told?.focus({ preventScroll: true });
    told?.scrollIntoView({ block: "nearest" });
    if (asking.isConnected) [asking.textContent, asking.ariaDisabled] = [before, null];
  }, 3000);
});
