// Dictation by the browser, only when asked for
const DEAF = {
  "not-allowed": "The browser does not allow the microphone here. Allow it in the address bar, or type.",
  "service-not-allowed": "The browser does not allow dictation here. Type instead.",
  "audio-capture": "The browser finds no microphone. Connect one, or type.",
  "no-speech": "Nothing was heard. Press Dictate and try again.",
  "network": "The browser cannot reach its dictation service. Type instead.",
};
let ear = null;
document.addEventListener("click", (event) => {
  const start = button("dictate"), Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  if (!start?.contains(event.target)) return;
  const say = (text) => write($("#heard p"), text);
  if (!Recognition) return say("This browser cannot dictate. Type instead.");
  if (ear) return ear.stop();
  ear = new Recognition();
  ear.lang = "en-US";
  ear.continuous = true;
  ear.onresult = (heard) => {
    const box = input("answer");
    for (let i = heard.resultIndex; i < heard.results.length; i++)
      if (heard.results[i].isFinal && ear) set(box, `${box.value} ${heard.results[i][0].transcript.trim()}`.trim());
  };
  ear.onerror = ({ error }) => { if (error !== "aborted") say(DEAF[error] || "Dictation stopped. Press Dictate to try again, or type."); };
  ear.onend = () => { ear = null; write(start, "Dictate"); };
  write(start, "Stop dictating");
  say("Listening. What is heard lands in the box.");
  ear.start();
});
document.addEventListener("click", (event) => { // late words must not land in the next answer
  if (ear && ["send", "finish-now"].some((id) => button(id)?.contains(event.target))) { ear.abort(); ear = null; }
}, true);
