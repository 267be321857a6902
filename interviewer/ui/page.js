// Addresses, keys, drafts, the clock and the browser's own dictation. Nothing here holds a record:
// interviews work without it, and drafts are the only thing it keeps (in this browser).
(() => {
  const $ = (selector) => document.querySelector(selector);
  const input = (id) => $(`#${id} textarea, #${id} input`);
  const button = (id) => $(`button#${id}, #${id} button`);
  const set = (element, value) => {
    element.value = value;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const shown = (element) => !!element?.getClientRects().length;
  const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  const KEYBOARD = matchMedia("(pointer: fine)").matches;

  // --- addresses: links and the back button ask the server for a place, no reload
  let count = 0, place = null, landing = false;
  const go = (query) => {
    landing = true;
    set(input("route"), `${query}#${++count}`);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const href = link.getAttribute("href");
    if (link.dataset.next !== undefined) leave(link);
    if (href.startsWith("#t")) {
      event.preventDefault();
      find(link.dataset);
    } else if (href.startsWith("?") && input("route")) {
      event.preventDefault();
      history.pushState(null, "", href === "?" ? location.pathname : href);
      go(location.search);
    }
  });
  window.addEventListener("popstate", () => input("route") && go(location.search));
  const follow = () => {
    const now = input("place")?.value;
    if (now === undefined || now === place) return;
    if (place !== null && now !== location.search) history.pushState(null, "", now || location.pathname);
    const first = place === null;
    place = now;
    setTimeout(() => arrived(first), 60);
  };
  // The server says that this screen is over, and where to go. The last words stay long enough to be
  // read, unless it was the candidate who ended it.
  const FAREWELL = 4000;
  let left = null, over = 0, hasty = false;
  const next = () => {
    const link = $("#status a[data-next]"), ended = shown($("#facts [data-over]"));
    over = ended ? over || Date.now() : 0;
    if (!ended) hasty = hasty && !!$("#talk.waiting");
    if (!shown(link) || link === left) return;
    if (ended && !hasty && Date.now() - over < FAREWELL) return link.matches(":focus") || link.focus({ preventScroll: true });
    leave(link);
    go(link.dataset.next);
  };
  const leave = (link) => { // what comes may have the same address
    left = link;
    wait(() => !shown($("#talk")), () => arrived(false), 400);
  };
  const arrived = (first) => {
    const heading = headline();
    if (!first) window.scrollTo(0, 0);
    if (shown(input("answer"))) {
      if (KEYBOARD) input("answer").focus({ preventScroll: true }); // elsewhere it would hide half the screen
      toTheEnd();
    } else if (!first && heading && document.activeElement !== input("search")) heading.focus({ preventScroll: true });
    landing = !first;
  };
  // What has the focus may be drawn anew or hidden: then it is the heading's again, until somebody
  // moves on.
  const headline = () => [...document.querySelectorAll("h1")].find(shown);
  const land = () => {
    const heading = headline(), title = `${heading?.dataset.title || heading?.textContent} · Interviewer`;
    if (!heading) return;
    if (document.title !== title) {
      document.title = title;
      if (landing && !shown(input("answer"))) window.scrollTo(0, 0);
    }
    if (landing && document.activeElement === document.body) heading.focus({ preventScroll: true });
  };
  document.addEventListener("focusin", ({ target }) => { if (target.tagName !== "H1") landing = false; });
  for (const moved of ["pointerdown", "input"])
    document.addEventListener(moved, (event) => { if (event.isTrusted) landing = false; }, true);

  // --- choices: one name a group, so that the arrow keys move within it and Tab goes past it
  let grouped = null;
  const groups = () => {
    if (!$("#choices input[name^=radio-]")) return;
    if (grouped !== $("#choices")) { // Gradio gives them their old names with every new value
      grouped = $("#choices");
      new MutationObserver(groups).observe(grouped, { subtree: true, attributeFilter: ["name"] });
      $("#offer").ariaLive = "polite";
    }
    document.querySelectorAll("#choices fieldset").forEach((group, number) => {
      group.ariaLabel = group.querySelector("[data-testid=block-info]").textContent;
      group.querySelectorAll("input").forEach((choice) => { choice.name = `choice-${number}`; });
    });
  };

  // --- buttons within a text: what they ask for travels in a box, the answer redraws the text
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

  // --- a quote finds its sentences in the transcript
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

  // --- keys
  document.addEventListener("keydown", (event) => {
    const at = event.target, typing = /INPUT|TEXTAREA|SELECT/.test(at.tagName) || at.isContentEditable;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && at.closest("#answer")) {
      event.preventDefault();
      event.stopPropagation();
      button(asking ? "clarify" : "send")?.click();
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      if (shown(input("search"))) return input("search").focus();
      history.pushState(null, "", "?see=questions");
      go(location.search);
      wait(() => shown(input("search")), () => input("search").focus());
    } else if (at.closest("#search") || at.closest("#found")) {
      const links = [...document.querySelectorAll("#found a")], now = links.indexOf(at);
      const inBox = at.closest("#search");
      if (event.key === "ArrowDown" && links.length) {
        event.preventDefault();
        links[Math.min(now + 1, links.length - 1)].focus();
      } else if (event.key === "ArrowUp" && !inBox) {
        event.preventDefault();
        (links[now - 1] || input("search")).focus();
      } else if (event.key === "Enter" && inBox && !event.shiftKey) {
        event.preventDefault();
        event.stopPropagation();
        if (at.value.trim()) links[0]?.click();
      }
    } else if (event.key === "Escape") {
      const no = ["keep-going", "keep"].map(button).find(shown);
      if (no) no.click();
      else asking = false;
    }
  }, true);
  let picked = null; // a result that is drawn anew while one is on it keeps the focus
  document.addEventListener("focusin", ({ target }) => { picked = target.closest("#found a")?.getAttribute("href"); });
  const wait = (ready, then, tries = 40) => {
    if (ready()) then();
    else if (tries) setTimeout(wait, 75, ready, then, tries - 1);
  };
  document.addEventListener("click", (event) => {
    for (const [asks, answers] of [["finish", "finish-now"], ["skip", "keep-going"], ["delete", "keep"], ["keep", "delete"]])
      if (button(asks) && button(asks).contains(event.target))
        wait(() => shown(button(answers)), () => button(answers).focus());
    if (button("keep-going")?.contains(event.target)) input("answer")?.focus();
  });

  // --- drafts: kept under the interview and how many turns it had, so what was sent never returns
  const PREFIX = "interviewer-draft-";
  let restored = "";
  const draftKey = () => $("#facts [data-draft]")?.dataset.draft;
  const keep = (key, text) => {
    for (const name of Object.keys(localStorage))
      if (name.startsWith(PREFIX + key.split(":")[0])) localStorage.removeItem(name);
    if (text) try { localStorage.setItem(PREFIX + key, text); } catch { /* full: the page still has it */ }
  };
  document.addEventListener("input", (event) => {
    if (event.target.closest("#answer") && draftKey()) keep(draftKey(), event.target.value);
  });
  const drafts = () => {
    const key = draftKey(), box = input("answer");
    if (!key || !box || key === restored || !shown(box)) return;
    const other = restored.split(":")[0] !== key.split(":")[0];
    restored = key;
    const kept = localStorage.getItem(PREFIX + key);
    unsent(!!kept && sessionStorage.getItem(UNSENT) === key);
    if (kept && !box.value) set(box, kept);
    else if (box.value && !other) keep(key, box.value);
    else if (box.value && other) set(box, kept || "");
    else keep(key, ""); // what was sent leaves nothing behind
  };

  // --- the clock, the silent minute, and whether the server is there
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
      const where = sent ? "What you just sent is back in the box and kept in this browser" : "Your draft is kept in this browser";
      box.textContent = `The practice room does not answer. ${where}; this page goes on by itself when the room is back.`;
      document.body.append(box);
    } else if (well && banner) location.reload();
  };
  // After the reload it is known whether what was sent as the connection went has arrived.
  const UNSENT = "interviewer-unsent";
  const unsent = (here) => {
    sessionStorage.removeItem(UNSENT);
    $("#unsent")?.remove();
    if (!here) return;
    const told = document.createElement("p");
    [told.id, told.role] = ["unsent", "status"];
    $("#answer").before(told);
    setTimeout(() => { told.textContent = "This was not sent, because the connection was gone. Send it when you are ready."; }, 200);
  };
  for (const change of ["offline", "online"]) window.addEventListener(change, () => alive());
  document.addEventListener("click", (event) => { // nothing can be sent now, and the banner says so
    const press = $("#offline") && event.target.closest("#reply .buttons button:not(#think)");
    if (!press) return;
    event.stopImmediatePropagation();
    if (input("answer").value.trim()) sessionStorage.setItem(UNSENT, draftKey());
  }, true);

  // --- dictation by the browser, only when asked for
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

  // --- the talk: what was pressed shows at once, before the room has kept it; while a reply is under
  // way nothing else can be pressed
  const PRESSES = ["send", "clarify", "hint", "think", "repeat", "skip", "skip-now", "finish", "finish-now"];
  const PATIENCE = 130000, SOON = 4;
  let pressed = 0, began = 0, last = {}, asking = false, repeating = false, aside = 0;
  const tell = (text, aloud = "") => {
    write($("#told p"), text);
    write($("#told .heard-only"), aloud);
    clearTimeout(aside);
    if (text || aloud) aside = setTimeout(tell, 8000, "");
  };
  const attend = () => {
    const talk = $("#talk"), coming = $("#status [data-coming]");
    if (!shown(talk)) return void ([pressed, began, asking] = [0, 0, false]);
    const under = pressed || coming;
    began = under ? began || Date.now() : 0;
    const waiting = !!under && Date.now() - began < PATIENCE;
    if (!waiting && talk.classList.contains("waiting")) settled();
    talk.classList.toggle("waiting", waiting);
    talk.classList.toggle("asking", asking);
    for (const id of PRESSES) {
      const off = String(waiting);
      if (button(id) && button(id).ariaDisabled !== off) button(id).ariaDisabled = off;
    }
    const seconds = Math.floor((Date.now() - began) / 1000), late = seconds >= SOON;
    const streaming = $("#live .turn"), [what, long] = document.querySelectorAll("#pending p span");
    const doing = coming?.textContent || (late ? "The interviewer is thinking about it…" : "One moment…");
    write(what, waiting && !streaming ? doing : "");
    write(long, waiting && !streaming && late ? `${seconds} s` : "");
    const ended = shown($("#facts [data-over]")), box = input("answer");
    box.readOnly = ended || !!pressed; // what is typed now would go with what was sent
    write($("#answer [data-testid=block-info]"), ended ? "Not sent" : asking ? "Your question to the interviewer" : "Your answer");
    const keys = KEYBOARD ? ` ${/Mac/.test(navigator.platform) ? "Cmd" : "Ctrl"} + Enter sends.` : "";
    const hint = asking ? `What do you need to know? “Ask back” sends it.` : `Say it as you would aloud.${keys}`;
    if (box.placeholder !== hint) box.placeholder = hint;
  };
  const show = (words) => {
    const turn = document.createElement("div"), who = document.createElement("span"), said = document.createElement("p");
    [turn.className, who.className, who.textContent, said.dir, said.textContent] = ["turn me sending", "who", "You", "auto", words];
    turn.append(who, said);
    $("#conversation .said")?.append(turn);
    input("answer").focus({ preventScroll: true });
  };
  const kept = () => { // the room has what was pressed
    if (!pressed) return;
    pressed = 0;
    document.querySelector(".turn.sending")?.remove();
    $("#talk").classList.remove("sending");
    if (draftKey() && !input("answer").value) keep(draftKey(), "");
  };
  const settled = () => {
    kept();
    if (repeating) again();
    repeating = false;
  };
  const again = () => { // what was asked last is shown where it stands, not said twice
    const asked = [...document.querySelectorAll("#conversation .turn.asked")].filter(shown).pop() || $("#card .ask");
    asked.closest("details")?.setAttribute("open", "");
    asked.scrollIntoView({ block: "center" });
    asked.classList.remove("flash");
    void asked.offsetWidth; // starts the animation anew
    asked.classList.add("flash");
    tell("", (asked.querySelector("p") || asked).textContent);
  };
  document.addEventListener("click", (event) => {
    const id = PRESSES.find((one) => button(one)?.contains(event.target));
    if (!id) return;
    const words = input("answer").value.trim(), twice = last.id === id && !/^(skip|finish)$/.test(id) && Date.now() - last.at < 600;
    last = { id, at: Date.now() };
    const takes = id === "send" || id === "clarify";
    if ($("#talk.waiting") || pressed || (twice && !(takes && words)) || (takes && !words)) event.stopImmediatePropagation();
    else if (id === "finish" || id === "skip") tell(""); // they ask first
    else if (id !== "think") {
      [hasty, repeating] = [id === "finish-now", id === "repeat"];
      pressed = Date.now();
      tell("");
      setTimeout(() => { // Gradio first
        $("#talk").classList.add("sending");
        if (words && /send|clarify|finish/.test(id)) show(words);
        asking = false;
        attend();
        toTheEnd();
      });
    }
    if (!takes || words || twice || $("#talk.waiting") || pressed) return;
    asking = id === "clarify" && !asking;
    if (id === "send") tell("Type your answer here first.");
    attend();
    input("answer").focus({ preventScroll: true });
  }, true);
  new MutationObserver((seen) => {
    const lost = [...document.querySelectorAll(".toast-item")].find((toast) => toast.textContent.includes("Connection to the server was lost"));
    if (lost && !lost.hidden) { // Gradio's own words for what the banner says
      lost.hidden = true;
      alive();
    }
    if (picked && document.activeElement === document.body)
      ($(`#found a[href="${picked}"]`) || input("search"))?.focus();
    const where = "#conversation .prose, #live .prose, #status .prose, #trouble .prose";
    if (!seen.some(({ target, addedNodes }) => target.nodeType === 1 && target.closest(where) && !addedNodes[0]?.classList?.contains("sending"))) return;
    kept();
    attend();
    toTheEnd();
  }).observe(document, { childList: true, subtree: true });
  const toTheEnd = () => {
    if (shown($("#conversation .turn:nth-child(n + 2), #live .turn"))) scrollTo(0, document.documentElement.scrollHeight);
  };

  // --- a long question: there and back in one press; code to take along
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
  setInterval(() => { if (!document.hidden) { follow(); attend(); next(); land(); groups(); drafts(); clock(); } }, 150);
  setInterval(alive, 5000);
})();
