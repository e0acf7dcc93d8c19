// Replaces the pieces of the page that the box says are new. Without it the page is
// the same, until it is loaded again.
(() => {
  "use strict";
  const rows = document.getElementById("rows");
  const offline = document.getElementById("offline");
  const source = new EventSource(document.body.dataset.live);
  // A piece in which somebody types or has opened something stays as it is.
  const busy = piece => piece.querySelector("details[open]") ||
    piece.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT|SUMMARY|BUTTON)$/.test(document.activeElement.tagName);

  source.addEventListener("put", event => {
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
  });
  source.onopen = () => { offline.hidden = true; };
  source.onerror = () => { offline.hidden = false; };
  addEventListener("pagehide", () => source.close());
})();
