// What is looked after while the page is seen.
setInterval(() => { if (!document.hidden) { follow(); attend(); next(); land(); groups(); drafts(); clock(); sought(); } }, 150);
setInterval(alive, 5000);
