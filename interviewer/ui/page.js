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
  const shown = (element) => element && element.offsetParent !== null;

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
  let left = null;
  const next = () => { // the server says that this screen is over, and where to go
    const link = $("#status a[data-next]"), where = link?.dataset.next;
    if (shown(link) && link !== left) { left = link; go(where); }
  };
  const arrived = (first) => {
    const heading = headline();
    if (!first) window.scrollTo(0, 0);
    if (shown(input("answer"))) input("answer").focus({ preventScroll: true });
    else if (!first && heading && document.activeElement !== input("search")) heading.focus({ preventScroll: true });
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
      if (landing) window.scrollTo(0, 0);
    }
    if (landing && document.activeElement === document.body) heading.focus({ preventScroll: true });
  };
  document.addEventListener("focusin", ({ target }) => { if (target.tagName !== "H1") landing = false; });
  for (const moved of ["pointerdown", "input"])
    document.addEventListener(moved, (event) => { if (event.isTrusted) landing = false; }, true);

  // --- choices: one name a group, so that the arrow keys move within it and Tab goes past it
  const groups = () => {
    if (!$("#choices input[name^=radio-]")) return;
    $("#offer").ariaLive = "polite";
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
      button("send")?.click();
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
    } else if (event.key === "Escape") ["keep-going", "keep"].map(button).find(shown)?.click();
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
  const draftKey = () => $("#card [data-draft]")?.dataset.draft;
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
  let base = null, since = 0, thinking = 0, thought = "";
  const clock = () => {
    const timer = $("#card [data-spent]");
    if (!timer) return;
    if (base !== timer) [base, since] = [timer, Date.now()];
    if (thought !== draftKey()) [thinking, thought] = [0, draftKey()]; // the minute is for one turn
    const seconds = +timer.dataset.spent + Math.floor((Date.now() - since) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (timer.textContent !== time) timer.textContent = time;
    timer.classList.toggle("over", seconds > +timer.dataset.pace);
    const left = Math.ceil((thinking - Date.now()) / 1000), think = button("think");
    const text = left > 0 ? `Thinking, ${left} s` : "Think for a minute";
    if (think && think.textContent !== text) think.textContent = text;
  };
  document.addEventListener("click", (event) => {
    if (button("think")?.contains(event.target)) thinking = thinking > Date.now() ? 0 : Date.now() + 60000;
  });
  const alive = async () => {
    let well = true;
    try { well = (await fetch("healthz", { cache: "no-store" })).ok; } catch { well = false; }
    const banner = $("#offline");
    if (!well && !banner) {
      const sent = $(".turn.sending");
      if (sent) sessionStorage.setItem(UNSENT, draftKey());
      arrivedAtLast(); // nothing is under way any more
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
  let ear = null;
  document.addEventListener("click", (event) => {
    const start = button("dictate"), Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
    if (!start?.contains(event.target)) return;
    if (!Recognition) return void (start.textContent = "This browser cannot dictate");
    if (ear) return ear.stop();
    ear = new Recognition();
    ear.lang = "en-US";
    ear.continuous = true;
    ear.onresult = (heard) => {
      const box = input("answer");
      for (let i = heard.resultIndex; i < heard.results.length; i++)
        if (heard.results[i].isFinal && ear) set(box, `${box.value} ${heard.results[i][0].transcript.trim()}`.trim());
    };
    ear.onerror = (fault) => { start.textContent = `Dictate (${fault.error})`; };
    ear.onend = () => { ear = null; if (/Stop/.test(start.textContent)) start.textContent = "Dictate"; };
    start.textContent = "Stop dictating";
    ear.start();
  });
  document.addEventListener("click", (event) => { // late words must not land in the next answer
    if (ear && ["send", "finish-now"].some((id) => button(id)?.contains(event.target))) { ear.abort(); ear = null; }
  }, true);

  // --- the talk: what was pressed shows at once, before the room has kept it; the newest turn stays
  // in view
  let patience = 0;
  const waiting = (words) => {
    $("#talk").classList.add("waiting");
    clearTimeout(patience);
    patience = setTimeout(arrivedAtLast, 130000);
    if (!words) return;
    input("answer").readOnly = true; // what is typed now would go with what was sent
    const turn = document.createElement("div"), who = document.createElement("span"), said = document.createElement("p");
    [turn.className, who.className, who.textContent, said.dir, said.textContent] = ["turn me sending", "who", "You", "auto", words];
    turn.append(who, said);
    $("#conversation .said")?.append(turn);
    input("answer").focus({ preventScroll: true });
  };
  const arrivedAtLast = () => {
    if (!$("#talk.waiting")) return;
    $("#talk").classList.remove("waiting");
    document.querySelector(".turn.sending")?.remove();
    input("answer").readOnly = false;
    if (draftKey() && !input("answer").value) keep(draftKey(), ""); // the room has it now
  };
  document.addEventListener("click", (event) => {
    if ($("#talk.waiting") && event.target.closest("#reply button")) return event.stopImmediatePropagation();
    const pressed = ["send", "clarify", "repeat", "hint", "finish-now"].find((id) => button(id)?.contains(event.target));
    if (!pressed) return;
    const words = /repeat|hint/.test(pressed) ? "" : input("answer").value.trim();
    if (words || !/send|clarify/.test(pressed)) setTimeout(waiting, 0, words); // Gradio first
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
    if (!seen.some(({ target, addedNodes }) => target.nodeType === 1 && target.closest(where) && !addedNodes[0]?.classList?.contains("sending")))
      return void ($(".turn.sending") && toTheEnd());
    arrivedAtLast();
    toTheEnd();
  }).observe(document, { childList: true, subtree: true });
  const toTheEnd = () => {
    const said = $("#conversation .said");
    if (said) said.scrollTop = said.scrollHeight;
  };
  setInterval(() => { if (!document.hidden) { follow(); next(); land(); groups(); drafts(); clock(); } }, 150);
  setInterval(alive, 5000);
})();
