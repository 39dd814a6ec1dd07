// Every two seconds the parts that changed are replaced; a part that is in use waits.
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id).innerHTML;
    if (part.seen === undefined) part.seen = part.innerHTML;
    if (part.seen === next || part.querySelector("details[open], button:focus, input:focus")) continue;
    const scrolled = [...part.querySelectorAll(".scroll, .pages, .channels")].map(e => e.scrollTop);
    part.innerHTML = part.seen = next;
    part.querySelectorAll(".scroll, .pages, .channels").forEach((e, i) => { e.scrollTop = scrolled[i]; });
  }
}, 2000);
