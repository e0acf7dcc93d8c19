// The worker of the installed phone: it keeps what the phone looks like, so that it opens
// at once, and says plainly when the box is not there. It keeps no page of anybody.
"use strict";
const version = new URL(location).searchParams.get("v") || "";
const shell = "autocom-phone-" + version;
const kept = ["/ui/style.css", "/ui/softphone.css", "/ui/softphone.js"].map(path => path + "?" + version).concat("/ui/icon.svg", "/ui/softphone/offline");

addEventListener("install", event => event.waitUntil(caches.open(shell).then(cache => cache.addAll(kept)).then(() => skipWaiting())));
addEventListener("activate", event => event.waitUntil(caches.keys().then(names =>
  Promise.all(names.filter(n => n.startsWith("autocom-phone-") && n !== shell).map(n => caches.delete(n)))).then(() => clients.claim())));
addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname === "/ui/softphone") event.respondWith(fetch(event.request).catch(() => caches.match("/ui/softphone/offline")));
    return;
  }
  if (kept.includes(url.pathname + url.search) || kept.includes(url.pathname)) {
    event.respondWith(caches.match(event.request).then(found => found || fetch(event.request)));
  }
});
addEventListener("notificationclick", event => {
  event.notification.close();
  event.waitUntil(clients.matchAll({ type: "window" }).then(open => open.find(w => new URL(w.url).pathname === "/ui/softphone")?.focus()));
});
