// What is looked after while the page is seen.
setInterval(() => { if (!document.hidden) { opened(); follow(); attend(); next(); land(); groups(); sections(); drafts(); clock(); sought(); } }, 150);
setInterval(alive, 5000);
