// Replaces the pieces of the page that the box says are new. Without it the page is
// the same, until it is loaded again.
(() => {
  "use strict";
  const rows = document.getElementById("rows");
  const offline = document.getElementById("offline");
  let source, pause = 1000;
  // A piece in which somebody types or has opened something stays as it is.
  const busy = piece => piece.querySelector("details[open]") ||
    piece.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT|SUMMARY|BUTTON)$/.test(document.activeElement.tagName);

  const put = event => {
    const { id, html, key } = JSON.parse(event.data);
    const old = document.getElementById(id);
    if (!html) {
      if (old) old.remove();
      return;
    }
    if (old && (old.outerHTML === html || busy(old))) return;
    const holder = document.createElement("template");
    holder.innerHTML = html; // made by the same templates as the page, escaped there
    const fresh = holder.content.firstElementChild;
    if (old && (!key || old.dataset.key === key)) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(fresh);
      if (focused) fresh.querySelector("a")?.focus();
      return;
    }
    if (old) old.remove();
    if (!key || !rows) return;
    const next = [...rows.children].find(other => other.dataset.key > key);
    rows.insertBefore(fresh, next || null);
    fresh.classList.add("fresh");
  };
  // A browser asks again by itself when a stream ends, but never after an answer that is
  // none, such as that of a box which is just beginning.
  const open = () => {
    source = new EventSource(document.body.dataset.live);
    source.addEventListener("put", put);
    source.onopen = () => { offline.hidden = true; pause = 1000; };
    source.onerror = () => {
      offline.hidden = false;
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, pause);
      pause = Math.min(2 * pause, 30000);
    };
  };
  open();
  addEventListener("pagehide", () => source.close());
})();
