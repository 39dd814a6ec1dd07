// Slack's part of the page: what people do is posted to /sandbox/slack/people, and what comes
// of it is fetched anew. Messages are replaced one by one, so that nothing jumps.
const slack = document.getElementById("slack");
const facts = () => document.getElementById("slack-facts").dataset;
let revision = -1, hurried = 0;

const markup = new WeakMap(); // what the server last said of an element
function replaceItem(old, next) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const same = focus && [focus.dataset.act, focus.dataset.emoji, focus.dataset.control, focus.dataset.block, focus.dataset.value].join();
  old.replaceWith(next);
  if (!focus) return;
  const again = [...next.querySelectorAll("button, select, a, input")]
    .find(e => [e.dataset.act, e.dataset.emoji, e.dataset.control, e.dataset.block, e.dataset.value].join() === same);
  (again || next).focus({ preventScroll: true });
}

// A list keeps those of its items that are as they were.
function renewList(list, next) {
  const items = new Map([...list.children].map(e => [e.id, e]));
  let before = null;
  for (const item of [...next.children]) {
    const old = items.get(item.id), source = item.outerHTML;
    items.delete(item.id);
    let here = old;
    if (!old) here = item;
    else if ((markup.get(old) ?? old.outerHTML) !== source && !old.querySelector("details[open], .editing, select:focus")) {
      replaceItem(old, item);
      here = item;
    }
    if (here === item) markup.set(item, source);
    const place = before ? before.nextSibling : list.firstChild;
    if (here !== place) list.insertBefore(here, place);
    before = here;
  }
  for (const gone of items.values()) gone.remove();
}

function renewModal(fresh) {
  const holder = document.getElementById("slack-modal"), old = holder.querySelector("dialog"), next = fresh.querySelector("#slack-modal dialog");
  if (old && next && old.dataset.view === next.dataset.view && old.dataset.hash === next.dataset.hash) {
    if (!old.open) old.showModal();
    return;
  }
  const typed = old && next && old.dataset.view === next.dataset.view ? new FormData(old.querySelector("form")) : null;
  if (old) { old.close(); old.remove(); }
  if (!next) return;
  holder.append(next);
  if (typed) for (const [name, value] of typed) {
    const field = next.querySelector("form").elements[name];
    if (field && "value" in field && field.type !== "checkbox") field.value = value;
  }
  next.addEventListener("cancel", event => { event.preventDefault(); act("close", { view_id: next.dataset.view }); });
  next.showModal();
  next.querySelector(".fields input, .fields textarea, .fields select")?.focus();
}

function renewSlack(fresh) {
  const was = document.getElementById("slack-messages")?.dataset.channel, now = fresh.getElementById("slack-messages")?.dataset.channel;
  const foot = document.getElementById("slack-foot"), nextFoot = fresh.getElementById("slack-foot");
  if (foot && nextFoot && foot.dataset.keep !== nextFoot.dataset.keep) foot.replaceWith(nextFoot);
  const thread = document.getElementById("slack-thread"), nextThread = fresh.getElementById("slack-thread");
  if (thread.dataset.pane !== nextThread.dataset.pane) {
    thread.replaceWith(nextThread);
    nextThread.querySelector("textarea")?.focus();
  } else if (nextThread.dataset.pane) {
    renewList(document.getElementById("slack-replies"), fresh.getElementById("slack-replies"));
  }
  const messages = document.getElementById("slack-messages"), nextMessages = fresh.getElementById("slack-messages");
  if (was !== now) {
    messages.replaceWith(nextMessages);
    nextMessages.parentElement.scrollTop = 0;
    showChannel();
  } else if (messages) renewList(messages, nextMessages);
  document.getElementById("slack-facts").replaceWith(fresh.getElementById("slack-facts"));
  renewModal(fresh);
  keepTime();
  markUnread();
showChannel();
}

// On a phone the channels are in a row, of which the one that is open is to be seen.
function showChannel() {
  const row = document.getElementById("slack-channels"), open = row.querySelector("[aria-current]");
  if (open) row.scrollLeft = open.offsetLeft - row.offsetLeft - 12;
}

// A channel is unread until it was open with its latest message in it.
function markUnread() {
  for (const link of document.querySelectorAll("#slack-channels a")) {
    const key = "seen:" + facts().you + link.dataset.channel, latest = link.dataset.latest;
    if (link.hasAttribute("aria-current") && !document.hidden) localStorage.setItem(key, latest);
    link.classList.toggle("unread", latest > (localStorage.getItem(key) ?? ""));
  }
}

function keepTime() {
  for (const time of document.querySelectorAll("time.ago")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000, size = Math.abs(seconds);
    const [count, unit] = size >= 86400 ? [size / 86400, "day"] : size >= 3600 ? [size / 3600, "hour"] : [size / 60, "minute"];
    const whole = Math.floor(count), words = whole < 1 ? "less than a minute" : whole + " " + unit + (whole > 1 ? "s" : "");
    const shown = seconds < 0 ? "in " + words : words + " ago";
    if (time.textContent !== shown) time.textContent = shown;
  }
}

function complain(text) {
  const toast = document.getElementById("slack-toast");
  if (!toast) return;
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { toast.hidden = true; }, 8000);
}

// act does one thing as the person that the visitor is, and shows at once what came of it.
async function act(name, body) {
  hurried = Date.now() + 5000;
  const answer = await fetch("/sandbox/slack/people/" + facts().you + "/" + name, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => null);
  const result = answer ? await answer.json().catch(() => ({})) : {};
  if (!answer || !answer.ok) complain(result.detail || "The sandbox does not answer.");
  else document.getElementById("slack-toast").hidden = true;
  await refresh(true);
  return answer && answer.ok ? result : null;
}

async function go(href) {
  history.pushState(null, "", href);
  await refresh(true);
  document.querySelector(".channel textarea")?.focus({ preventScroll: true });
}
addEventListener("popstate", () => refresh(true));

document.addEventListener("click", async event => {
  const target = event.target.closest("button, a");
  for (const open of document.querySelectorAll("details.drop[open]")) {
    if (!open.contains(event.target) || (target && !event.target.closest("summary"))) open.open = false;
  }
  if (!target) return;
  const message = target.closest(".message"), modal = target.closest("dialog");
  const at = message ? { channel: message.dataset.channel, ts: message.dataset.ts } : {};
  if (target.dataset.nav !== undefined && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    await go(target.getAttribute("href"));
  } else if (target.dataset.close !== undefined) {
    await act("close", { view_id: modal.dataset.view });
  } else if (target.dataset.control) {
    if (target.dataset.confirm && !confirm(target.dataset.confirm)) return;
    target.setAttribute("aria-busy", "true");
    stay(at.channel);
    const where = modal ? { view_id: modal.dataset.view, values: valuesOf(modal) } : at;
    await act("press", { ...where, action_id: target.dataset.control, block_id: target.dataset.block, value: target.dataset.value || undefined });
    target.removeAttribute("aria-busy");
  } else if (target.dataset.edit !== undefined) {
    edit(message, target.dataset.edit);
  } else if (target.dataset.act === "join") {
    await act("join", { channel: JSON.parse(target.dataset.body) });
  } else if (target.dataset.act === "shortcut") {
    await act("shortcut", { callback_id: target.dataset.callback, ...at });
  } else if (target.dataset.act) {
    const removed = target.dataset.removed !== undefined;
    const mine = message.querySelector('.reactions [data-emoji="' + target.dataset.emoji + '"][data-removed]');
    await act(target.dataset.act, { ...at, emoji: target.dataset.emoji, removed: removed || Boolean(mine) });
  }
});

document.addEventListener("change", async event => {
  const control = event.target;
  if (!control.dataset.control || !control.value) return;
  const message = control.closest(".message"), modal = control.closest("dialog");
  if (control.dataset.confirm && !confirm(control.dataset.confirm)) { control.value = ""; return; }
  stay(message?.dataset.channel);
  const where = modal ? { view_id: modal.dataset.view, values: valuesOf(modal) } : { channel: message.dataset.channel, ts: message.dataset.ts };
  await act("press", { ...where, action_id: control.dataset.control, block_id: control.dataset.block, option: control.value });
  if (control.tagName === "SELECT") control.value = [...control.options].find(o => o.defaultSelected)?.value ?? "";
});

// valuesOf reads what is filled in, by block id.
function valuesOf(modal) {
  const values = {};
  for (const entry of modal.querySelectorAll(".entry")) {
    const boxes = [...entry.querySelectorAll("input[type=checkbox], input[type=radio]")];
    values[entry.dataset.entry] = boxes.length ? boxes.filter(b => b.checked).map(b => b.value) : entry.querySelector("input, textarea, select")?.value ?? "";
  }
  return values;
}

document.addEventListener("submit", async event => {
  const form = event.target;
  if (form.closest("#modal")) {
    event.preventDefault();
    await submitModal(form.closest("#modal"));
  } else if (form.dataset.composer !== undefined) {
    event.preventDefault();
    await send(form);
  }
});

async function submitModal(modal) {
  const button = modal.querySelector("footer .primary");
  button.disabled = true;
  const result = await act("submit", { view_id: modal.dataset.view, values: valuesOf(modal) });
  button.disabled = false;
  for (const entry of modal.querySelectorAll(".entry")) {
    const wrong = result?.errors?.[entry.dataset.entry], place = entry.querySelector(".error");
    place.textContent = wrong || "";
    place.hidden = !wrong;
    entry.classList.toggle("wrong", Boolean(wrong));
  }
  modal.querySelector(".wrong input, .wrong textarea, .wrong select")?.focus();
  const trouble = modal.querySelector("#modal-error");
  trouble.hidden = Boolean(result);
  trouble.textContent = result ? "" : document.getElementById("slack-toast").textContent;
}

async function send(form) {
  const field = form.elements.text, text = field.value.trim(), command = facts().command;
  if (!text) return;
  const isCommand = text === command || text.startsWith(command + " ");
  if (!isCommand && /^\/[a-z]/.test(text)) return complain(text.split(" ")[0] + " is no command here: there is " + command + ".");
  field.value = "";
  fit(field);
  hint(field);
  const done = await act(isCommand ? "command" : "say", { channel: form.dataset.channel, text, thread_ts: form.dataset.thread });
  if (!done && !field.value) { field.value = text; fit(field); }
  form.closest(".channel, .thread").querySelector(".scroll").scrollTop = 0;
}

function edit(message, text) {
  const body = message.querySelector(".body"), form = document.createElement("form"), field = document.createElement("textarea"), save = document.createElement("button");
  form.className = "composer editing";
  field.value = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  field.setAttribute("aria-label", "Edit the message");
  save.className = "primary";
  save.textContent = "Save";
  const done = () => { form.replaceWith(body); };
  form.append(field, save);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    event.stopPropagation();
    done();
    await act("edit", { channel: message.dataset.channel, ts: message.dataset.ts, text: field.value });
  });
  field.addEventListener("keydown", event => { if (event.key === "Escape") done(); });
  body.replaceWith(form);
  fit(field);
  field.focus();
}

function fit(field) {
  field.style.height = "auto";
  field.style.height = Math.min(field.scrollHeight, 180) + "px";
}

// hint offers what a command or a mention could go on with.
function hint(field) {
  const list = field.form.querySelector(".hints");
  if (!list) return;
  const before = field.value.slice(0, field.selectionStart), { command, connected } = facts(), offers = [];
  const rows = [...document.getElementById("slack-facts").content.querySelectorAll("li")];
  const mention = before.match(/(?:^|\s)@([\p{L}\d -]{0,30})$/u);
  if (connected === "true" && before.startsWith("/") && (command + " ").startsWith(before.slice(0, command.length + 1))) {
    const rest = before.slice(command.length + 1).toLowerCase();
    for (const row of rows) {
      const line = row.dataset.line;
      if (line !== undefined && line.startsWith(rest)) offers.push([(command + " " + line).trim(), row.textContent, line.includes("@someone") ? command + " " + line.replace("someone", "") : (command + " " + line).trim()]);
    }
  } else if (mention) {
    for (const row of rows) {
      if (row.dataset.person?.toLowerCase().includes(mention[1].toLowerCase())) {
        const start = before.slice(0, before.length - mention[1].length);
        offers.push(["@" + row.dataset.person, "", start + row.dataset.person + " " + field.value.slice(field.selectionStart)]);
      }
    }
  }
  list.hidden = offers.length === 0;
  list.replaceChildren(...offers.map(([line, about, value]) => {
    const item = document.createElement("li"), button = document.createElement("button"), what = document.createElement("b"), why = document.createElement("span");
    button.type = "button";
    button.dataset.value = value;
    what.textContent = line;
    why.textContent = about;
    button.append(what, why);
    button.addEventListener("click", () => { field.value = value; field.focus(); list.hidden = true; fit(field); });
    item.append(button);
    return item;
  }));
}

document.addEventListener("input", event => {
  if (!event.target.matches(".composer textarea")) return;
  fit(event.target);
  hint(event.target);
  // Who writes something stays in the channel, as who presses something does, whatever happens elsewhere. Who declares an
  // incident is led to its channel.
  if (!event.target.value.startsWith("/")) stay(event.target.form.dataset.channel);
});

// stay keeps the channel open that somebody works in.
function stay(channel) {
  const place = new URL(location.href);
  if (!channel || place.searchParams.has("channel")) return;
  place.searchParams.set("channel", channel);
  history.replaceState(null, "", place);
}

document.addEventListener("keydown", event => {
  if (event.key === "Escape") for (const open of document.querySelectorAll("details.drop[open]")) { open.open = false; open.querySelector("summary").focus(); }
  if (!event.target.matches?.(".composer textarea")) return;
  const list = event.target.form.querySelector(".hints"), items = list && !list.hidden ? [...list.querySelectorAll("button")] : [];
  const at = items.findIndex(i => i.getAttribute("aria-selected") === "true");
  if (items.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const next = (at + (event.key === "ArrowDown" ? 1 : items.length - (at < 0 ? 0 : 1))) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", i === next));
    items[next].scrollIntoView({ block: "nearest" });
  } else if (items.length && at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
    event.preventDefault();
    items[at].click();
  } else if (event.key === "Escape" && list) {
    list.hidden = true;
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

document.querySelector("#modal")?.addEventListener("cancel", event => { event.preventDefault(); act("close", { view_id: event.target.dataset.view }); });
document.querySelector("#modal")?.showModal();
markUnread();
showChannel();
