// Whatever changed is fetched and its part of the page replaced; a part that is in use waits.
function renewParts(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id)?.innerHTML;
    if (part.seen === undefined) part.seen = part.innerHTML;
    if (next === undefined || part.seen === next || part.querySelector("details[open], button:focus, input:focus")) continue;
    const scrolled = [...part.querySelectorAll(".pages")].map(e => e.scrollTop);
    part.innerHTML = part.seen = next;
    part.querySelectorAll(".pages").forEach((e, i) => { e.scrollTop = scrolled[i]; });
  }
}

async function refresh(always) {
  const answer = await fetch("/sandbox/revision").catch(() => null);
  if (!answer || !answer.ok) return;
  const latest = (await answer.json()).revision;
  if (!always && latest === revision && Date.now() % 10000 > 1000) return; // what drifts by itself is looked at now and then
  revision = latest;
  const page = await fetch(location.pathname + location.search).catch(() => null);
  if (!page || !page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  renewParts(fresh);
  renewSlack(fresh);
}

// Right after an act the page looks more often, because something is about to happen.
(async () => {
  for (;;) {
    await new Promise(wake => setTimeout(wake, Date.now() < hurried ? 200 : 1000));
    if (!document.hidden) await refresh(false);
  }
})();
