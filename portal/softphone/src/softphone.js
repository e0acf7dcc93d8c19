// The page of the browser phone: it shows what the phone is doing and does what is clicked.
import { Phone } from "./phone.js";
import { Lamps } from "./lamps.js";
import { play } from "./ring.js";
import * as media from "./media.js";
import * as history from "./history.js";
import { row, spoken } from "./row.js";

const by = id => document.getElementById(id);
const page = by("softphone");
const words = JSON.parse(page.dataset.words);
const say = (word, ...with_) => with_.reduce((text, x) => text.replace("%s", x), words[word] ?? word);
const title = document.title;
let phone, lamps, people = [], rows = new Map(), doubt;

const trouble = text => {
  by("trouble").textContent = text;
  by("trouble").hidden = !text;
};

// attempt does what may fail for want of a microphone, and says so.
const attempt = async (doing, word = "nomic") => {
  trouble("");
  try {
    return await doing();
  } catch (error) {
    trouble(["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError"].includes(error?.name) ? say(word) : String(error?.message ?? error));
  }
};

// ---- the line

async function line(number) {
  const answer = await fetch("/ui/softphone/line", { method: "POST", body: new URLSearchParams(number ? { number } : {}) });
  const body = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new Error(say("loggedout"));
  if (!answer.ok) throw new Error(say("noline", body.detail ?? body.title ?? answer.status));
  return body;
}

async function start(number) {
  stop();
  showState("starting");
  let mine;
  for (let wait = 1000; !mine; wait = Math.min(wait * 2, 15_000)) {
    try {
      mine = await line(number);
    } catch (error) {
      if (!(error instanceof TypeError)) return trouble(error.message); // TypeError: the box does not answer
      showState("lost");
      await new Promise(done => setTimeout(done, wait));
    }
  }
  by("own").textContent = mine.number;
  phone = new Phone(mine);
  lamps = new Lamps(phone, showLamp);
  phone.addEventListener("change", show);
  phone.addEventListener("incoming", e => ring(e.detail));
  phone.addEventListener("over", e => over(e.detail));
  phone.start();
  people = await fetch("/ui/softphone/directory").then(a => a.ok ? a.json() : []).catch(() => []);
  people = people.filter(x => x.number !== mine.number);
  showPeople();
}

function stop() {
  clearTimeout(doubt);
  doubt = 0;
  lamps?.forget();
  phone?.stop();
  phone = lamps = null;
}

// A phone that stays away asks for its line again: the session may have ended, the number
// be somebody else's, the box have forgotten this browser.
function wonder() {
  if (phone.state === "ready" || phone.calls.length) {
    clearTimeout(doubt);
    doubt = 0;
  } else {
    doubt ||= setTimeout(async () => {
      doubt = 0;
      const at = phone;
      try {
        const now = await line(at?.line.number);
        if (phone && phone === at && (phone.state === "refused" || now.user !== at.line.user)) start(now.number);
        else if (phone) wonder();
      } catch (error) {
        if (error instanceof TypeError) return phone && wonder();
        stop();
        showState("loggedout");
        trouble(error.message);
      }
    }, 12_000);
  }
}

// One window of a browser has the phone: two would take the line from each other.
function only(steal = false) {
  by("elsewhere").hidden = true;
  const hold = lock => {
    if (!lock) return elsewhere();
    start(by("which")?.value);
    return new Promise(() => {});
  };
  navigator.locks.request("autocom-phone", steal ? { steal: true } : { ifAvailable: true }, hold).catch(() => elsewhere());
}

function elsewhere() {
  stop();
  show();
  showState("elsewhere");
  by("elsewhere").hidden = false;
}

// ---- what is to be seen

function showState(state, why = "") {
  const at = by("state");
  at.textContent = say(state, why);
  at.classList.toggle("good", state === "ready");
  at.dataset.state = state;
}

let registered = false;

function show() {
  const calls = phone?.calls ?? [];
  if (phone) {
    showState(phone.state, phone.why);
    wonder();
    if ((phone.state === "ready") !== registered) {
      registered = phone.state === "ready";
      if (!registered) lamps?.forget();
      showPeople();
    }
  }
  const n = phone?.messages ?? 0;
  by("messages").hidden = !n;
  by("listen").textContent = n === 1 ? say("voicemail1") : say("voicemail", n);
  for (const call of calls) {
    if (!rows.has(call)) {
      rows.set(call, row(call, { say, phone: () => phone, attempt, search }));
      by("calls").append(rows.get(call).element);
    }
    rows.get(call).show();
  }
  for (const [call, shown] of rows) if (!calls.includes(call)) {
    shown.element.remove();
    rows.delete(call);
  }
  const incoming = calls.find(c => c.state === "incoming");
  document.title = incoming ? `☎ ${incoming.peer}` : title;
  play(incoming && calls.every(c => c.state !== "up" || c.held) ? "ring" : calls.some(c => c.state === "ringing") ? "back" : "");
  const active = calls.find(c => c.state === "up" && !c.held) ?? calls.find(c => c.state === "ringing");
  const sound = active?.sound ?? null;
  if (by("sound").srcObject !== sound) by("sound").srcObject = sound;
  showPictures(active);
}

function showPictures(call) {
  const wanted = new Map();
  if (call) for (const [mid, stream] of call.pictures) wanted.set("p" + mid, stream);
  if (call?.own) wanted.set("own", call.stream?.getVideoTracks().includes(call.own) ? call.stream : (call.ownStream ??= new MediaStream([call.own])));
  const place = by("pictures");
  for (const video of [...place.children]) if (!wanted.has(video.dataset.of)) video.remove();
  let n = 0;
  for (const [of, stream] of wanted) {
    n++;
    let video = [...place.children].find(v => v.dataset.of === of);
    if (!video) {
      video = document.createElement("video");
      Object.assign(video, { autoplay: true, playsInline: true, muted: true });
      video.dataset.of = of;
      video.classList.toggle("mirror", of === "own");
      video.setAttribute("aria-label", of === "own" ? say("you") : say("picture", n));
      place.append(video);
    }
    if (video.srcObject !== stream) video.srcObject = stream;
  }
  place.hidden = !wanted.size;
}

// ---- people

function search(text) {
  const folded = x => x.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const wanted = folded(text.trim());
  return people.filter(x => !wanted || x.number.startsWith(wanted) || folded(x.name).split(/\s+/).some(w => w.startsWith(wanted)) || folded(x.name).startsWith(wanted));
}

function showPeople() {
  const found = search(by("to").value).slice(0, 24);
  by("people").replaceChildren(...found.map(x => entry(x, lamps?.state(x.number) ?? "", true)));
  lamps?.watch(found.map(x => x.number));
}

function entry({ number, name, note }, state, lit) {
  const item = document.createElement("li");
  if (lit) {
    const lamp = document.createElement("span");
    light(lamp, state);
    item.dataset.number = number;
    item.append(lamp);
  }
  const label = document.createElement("span");
  label.className = "name";
  label.textContent = [name && name !== number ? `${name} ${number}` : number, note].filter(Boolean).join(" · ");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "☎";
  button.setAttribute("aria-label", say("call", name || number));
  button.onclick = () => dial(number, false, name);
  item.append(label, button);
  return item;
}

function showLamp(number, state) {
  const lamp = by("people").querySelector(`[data-number="${CSS.escape(number)}"] .lamp`);
  if (lamp) light(lamp, state);
}

// light shows a state in form and colour, and says it; a number without one has no lamp.
function light(lamp, state) {
  lamp.className = `lamp ${state || "none"}`;
  lamp.title = state && say(state);
  state ? lamp.setAttribute("role", "img") : lamp.removeAttribute("role");
  state ? lamp.setAttribute("aria-label", say(state)) : lamp.removeAttribute("aria-label");
}

// ---- calls

const dialled = text => {
  const number = text.replace(/[\s.()/-]/g, "");
  if (/^[+*#\d]+$/.test(number)) return { number, name: people.find(x => x.number === number)?.name ?? "" };
  return text.trim() ? search(text)[0] : undefined;
};

async function dial(number, picture, name = "") {
  if (!phone) return;
  await attempt(() => phone.call(number, picture, name || people.find(x => x.number === number)?.name));
}

function ring(call) {
  if (globalThis.Notification?.permission !== "granted" || document.visibilityState === "visible" && document.hasFocus()) return;
  const text = say("incoming", call.peer), look = { tag: "autocom-call", icon: "/ui/icon.svg", requireInteraction: true };
  let close;
  try {
    const note = new Notification(text, look);
    note.onclick = () => { focus(); note.close(); };
    close = () => note.close();
  } catch { // on Android a page has none of its own: its worker shows it
    const worker = navigator.serviceWorker.ready;
    worker.then(w => w.showNotification(text, look)).catch(() => {});
    close = () => worker.then(w => w.getNotifications({ tag: look.tag })).then(list => list.forEach(n => n.close())).catch(() => {});
  }
  call.addEventListener("change", () => call.state !== "incoming" && close());
}

function over(call) {
  history.note(call);
  showRecent();
  if (call.missed) return trouble(say("missed", call.peer));
  if (call.why) trouble(spoken(call, say));
}

function showRecent() {
  const list = history.list();
  by("none").hidden = list.length > 0;
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  by("recent").replaceChildren(...list.map(x => entry({ ...x, note: `${x.missed ? say("missed", "").trim() : say(x.incoming ? "in" : "out")} ${when.format(x.at)}` }, "", false)));
}

// ---- devices

async function showDevices() {
  const have = await media.devices();
  for (const what of ["micro", "speaker", "ringer", "camera"]) {
    const list = by(what);
    list.replaceChildren(new Option(say("default"), ""), ...have[what].map((d, i) => new Option(d.label || `${i + 1}`, d.deviceId)));
    list.value = have[what].some(d => d.deviceId === media.chosen[what]) ? media.chosen[what] : "";
  }
}

function prepare() {
  for (const key of "123456789*0#") {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: key });
    button.onclick = () => { by("to").value += key; showPeople(); };
    by("keypad").append(button);
  }
  const go = picture => {
    const to = dialled(by("to").value);
    if (!to) {
      const last = history.list().find(x => !x.incoming); // an empty field is redial
      if (last && !by("to").value.trim()) by("to").value = last.number;
      else if (by("to").value.trim()) trouble(say("unknown"));
      return;
    }
    by("to").value = "";
    showPeople();
    dial(to.number, picture, to.name);
  };
  by("dial").onsubmit = event => { event.preventDefault(); go(false); };
  by("video").onclick = () => go(true);
  by("erase").onclick = () => { by("to").value = by("to").value.slice(0, -1); showPeople(); by("to").focus(); };
  by("to").oninput = showPeople;
  by("here").textContent = say("here");
  by("here").onclick = () => only(true);
  by("listen").onclick = () => dial(phone.line.voicemail);
  if (by("which")) by("which").onchange = () => start(by("which").value);
  for (const what of ["micro", "speaker", "ringer", "camera"]) by(what).onchange = event => {
    media.choose(what, event.target.value);
    if (what === "speaker") media.speaker(by("sound"), event.target.value);
  };
  media.speaker(by("sound"), media.chosen.speaker);
  by("devices").ontoggle = () => by("devices").open && showDevices();
  navigator.mediaDevices.addEventListener("devicechange", showDevices);
  if (globalThis.Notification?.permission === "default") {
    by("notify").hidden = false;
    by("notify").onclick = async () => { by("notify").hidden = await Notification.requestPermission() !== "default"; };
  }
  setInterval(() => { for (const shown of rows.values()) shown.tick(); }, 1000);
  addEventListener("beforeunload", event => phone?.calls.some(c => c.state === "up") && event.preventDefault());
  addEventListener("pagehide", () => phone?.stop());
  addEventListener("pageshow", event => event.persisted && location.reload());
  showRecent();
}

// The page becomes an application where the browser believes our certificate.
function installable() {
  const link = document.createElement("link");
  Object.assign(link, { rel: "manifest", href: "/ui/softphone.webmanifest" });
  document.head.append(link);
  const version = new URL(document.querySelector("script[src^='/ui/softphone.js']").src).search.slice(1);
  navigator.serviceWorker?.register(`/ui/softphone-offline.js?v=${version}`).catch(() => {}); // refused where the certificate is not believed
  addEventListener("beforeinstallprompt", event => {
    event.preventDefault();
    by("install").hidden = false;
    by("install").onclick = () => event.prompt();
  });
}

prepare();
installable();
only();
