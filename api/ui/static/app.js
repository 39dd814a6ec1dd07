// What the pages do beyond HTML and htmx. They work without it; with it they stay up to
// date, never take away what somebody is typing, and run their clocks.
(() => {
  'use strict';

  const body = document.body;
  const announcer = document.getElementById('announcer');
  const notice = document.getElementById('notice');
  document.documentElement.classList.add('scripting');

  // --- Sections: fetched again when the stream says so, but not under somebody's hands.

  const waiting = new Set();

  const typedInto = (field) => {
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) {
      return [...field.options].some((o) => o.defaultSelected && !o.selected);
    }
    return field.value !== field.defaultValue;
  };

  const inUse = (section) => {
    const active = document.activeElement;
    if (active && section.contains(active) && active.matches('input, textarea, select')) return true;
    if (section.querySelector('form[data-refused], form.htmx-request')) return true;
    return [...section.querySelectorAll('input:not([type=hidden]), textarea, select')].some(typedInto);
  };

  const refresh = (ids) => {
    ids.forEach((id) => waiting.add(id));
    const ready = [...waiting].filter((id) => {
      const section = document.getElementById(id);
      if (!section) return waiting.delete(id) && false;
      const free = !inUse(section);
      section.toggleAttribute('data-outdated', !free);
      return free;
    });
    if (!ready.length) return;
    ready.forEach((id) => waiting.delete(id));
    const address = new URL(body.dataset.sections, location.href);
    address.searchParams.set('want', ready.join(','));
    htmx.ajax('GET', address.pathname + address.search, { source: body, target: body, swap: 'none' })
      .catch(() => ready.forEach((id) => waiting.add(id)));
  };

  const refreshWaiting = () => { if (waiting.size) setTimeout(() => refresh([]), 0); };
  document.addEventListener('focusout', refreshWaiting);
  document.addEventListener('input', refreshWaiting);

  // A person may have begun to type while the section was on its way. What they had
  // unfolded stays unfolded.
  let unfolded = [];
  document.addEventListener('htmx:oobBeforeSwap', (event) => {
    const section = event.detail.target;
    if (inUse(section)) {
      event.preventDefault();
      waiting.add(section.id);
      section.setAttribute('data-outdated', '');
      return;
    }
    unfolded.push(...[...section.querySelectorAll('details[open][id]')].map((d) => d.id));
  });
  document.addEventListener('htmx:afterSettle', () => {
    unfolded.forEach((id) => document.getElementById(id)?.setAttribute('open', ''));
    unfolded = [];
    readOut();
    refreshWaiting();
  });

  // --- The timeline's newest entry is read out to people who cannot see it appear.

  let heard = Number(document.getElementById('timeline')?.dataset.seq || 0);
  const readOut = () => {
    const timeline = document.getElementById('timeline');
    if (!timeline || Number(timeline.dataset.seq) <= heard) return;
    heard = Number(timeline.dataset.seq);
    announcer.textContent = timeline.dataset.latest;
  };

  // --- The stream. A hidden page closes it: browsers allow only six connections to a host,
  // so that a seventh open incident would wait for ever.

  let stream = null;
  const connect = () => {
    if (stream || document.hidden || !body.dataset.live) return;
    stream = new EventSource(body.dataset.live);
    stream.addEventListener('open', () => { body.dataset.connection = 'live'; });
    stream.addEventListener('sections', (event) => refresh(event.data.split(',')));
    stream.addEventListener('error', () => {
      body.dataset.connection = 'lost';
      if (stream.readyState !== EventSource.CLOSED) return; // it tries again by itself
      stream = null;
      setTimeout(connect, 5000);
    });
  };
  const disconnect = () => {
    stream?.close();
    stream = null;
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  window.addEventListener('pagehide', disconnect);
  window.addEventListener('pageshow', connect);
  connect();

  // --- Sending forms.

  const say = (text) => {
    notice.textContent = text;
    notice.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { notice.hidden = true; }, 8000);
  };
  const unsent = () => say('No connection to Muster. Nothing you typed is lost; send it again, it takes effect only once.');
  const isForm = (event) => event.detail.requestConfig?.verb === 'post';
  document.addEventListener('htmx:sendError', (event) => { if (isForm(event)) unsent(); });
  document.addEventListener('htmx:timeout', (event) => { if (isForm(event)) unsent(); });
  // A refused form comes back with what was typed; any other error leaves the page as it is.
  const refused = (event) => event.detail.xhr.getResponseHeader('Muster-Form') === 'refused';
  document.addEventListener('htmx:beforeSwap', (event) => {
    if (refused(event)) event.detail.shouldSwap = true;
  });
  document.addEventListener('htmx:afterRequest', (event) => {
    const { xhr, successful } = event.detail;
    if (!isForm(event) || !xhr.status) return;
    if (!successful) {
      const plain = (xhr.getResponseHeader('Content-Type') || '').startsWith('text/plain');
      if (!refused(event)) say(plain ? xhr.responseText : 'Muster did not answer. Send it again in a moment; it takes effect only once.');
      return;
    }
    notice.hidden = true;
    if (stream?.readyState !== EventSource.OPEN) {
      refresh([...document.querySelectorAll('main section[id]')].map((s) => s.id));
    }
  });
  // A button that is gone leaves the keyboard nowhere; go on at the section's heading.
  document.addEventListener('htmx:afterSwap', (event) => {
    if (!isForm(event) || document.activeElement !== body) return;
    const section = document.getElementById(event.detail.target.id);
    const field = section?.querySelector('form[data-refused] .ask-name input')
      || section?.querySelector('form[data-refused] :is(input:not([type=hidden]), textarea)');
    (field || section?.querySelector('[tabindex="-1"]'))?.focus({ preventScroll: !field });
  });

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closePanels();
    const sends = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    if (sends && event.target.matches('textarea')) event.target.form.requestSubmit();
  });
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-autosubmit] select')) event.target.form.requestSubmit();
  });

  // --- Panels close when one clicks elsewhere, and only one is open.

  const closePanels = (except) => {
    document.querySelectorAll('details.pop[open]').forEach((d) => { if (d !== except) d.open = false; });
  };
  document.addEventListener('click', (event) => closePanels(event.target.closest('details.pop')));
  document.addEventListener('toggle', (event) => {
    if (!event.target.matches?.('details.pop, details.fold') || !event.target.open) return;
    const first = event.target.querySelector('input:not([type=hidden]):not([type=radio]), textarea');
    if (first && matchMedia('(hover: hover)').matches) first.focus();
  }, true);

  // --- Clocks run by the server's time.

  const ahead = Number(body.dataset.now) - Date.now();
  const two = (n) => String(n).padStart(2, '0');
  const run = () => {
    document.querySelectorAll('time.clock[data-since]').forEach((clock) => {
      const s = Math.max(0, Math.floor((Date.now() + ahead - Date.parse(clock.dataset.since)) / 1000));
      if (s >= 86400) return; // days are as the server wrote them
      const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
      clock.textContent = h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
    });
  };
  setInterval(run, 1000);

  // --- Small comforts.

  document.addEventListener('pointerover', (event) => {
    const time = event.target.closest?.('time[datetime]:not([title])');
    if (time) time.title = new Date(time.dateTime).toLocaleString() + ' (your time)';
  });
  document.addEventListener('click', async (event) => {
    if (event.target.closest('[data-print]')) window.print();
    const copy = event.target.closest('a[data-copy]');
    if (!copy || !navigator.clipboard) return; // the link leads to the text instead
    event.preventDefault();
    const text = await (await fetch(copy.href)).text();
    await navigator.clipboard.writeText(text);
    copy.querySelector('span').textContent = 'Copied';
  });
})();
