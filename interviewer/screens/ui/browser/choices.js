// Choices: one name a group, so that the arrow keys move within it and Tab goes past it
let grouped = null;
const groups = () => {
  if (!$("#start input[name^=radio-]")) return;
  if (grouped !== $("#start")) { // Gradio gives them their old names with every new value
    grouped = $("#start");
    new MutationObserver(groups).observe(grouped, { subtree: true, attributeFilter: ["name"] });
    $("#offer").ariaLive = "polite";
  }
  document.querySelectorAll("#start fieldset").forEach((group, number) => {
    group.ariaLabel = group.querySelector("[data-testid=block-info]").textContent;
    group.querySelectorAll("input").forEach((choice) => { choice.name = `choice-${number}`; });
  });
};
// Gradio says only by a sign, which is read out, whether a section is open
const sections = () => document.querySelectorAll(".label-wrap").forEach((section) => {
  section.ariaExpanded = String(section.classList.contains("open"));
  section.querySelector(".icon").ariaHidden = "true";
});
