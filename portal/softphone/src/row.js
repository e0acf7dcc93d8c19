// A call on the page: who, since when, and the buttons that make sense now.
import { Call } from "./call.js";

// spoken says why a call did not come about, in the words of the page.
export function spoken(call, say) {
  const known = { 404: "unknown", 484: "unknown", 486: "busy", 600: "busy", 603: "busy", 480: "nobody", 408: "nobody", 403: "forbidden", lostcall: "lostcall",
    Busy: "busy", Unavailable: "nobody", "No Answer": "nobody", "Not Found": "unknown", Rejected: "busy" }[call.why];
  if (call.why === "487" || call.why === "Canceled") return "";
  return known ? say(known) : say("failed", call.why);
}

export function row(call, { say, phone, attempt, search }) {
  const element = document.createElement("li");
  const who = document.createElement("p");
  who.className = "who";
  const clock = document.createElement("time");
  const text = document.createElement("span");
  who.append(clock, text);
  const acts = document.createElement("div");
  acts.className = "acts";
  const onward = document.createElement("div");
  onward.className = "onward";
  onward.hidden = true;
  element.append(who, acts, onward);
  element.dataset.call = call.id;
  let open = ""; // what onward shows: keys, transfer
  let note = "";

  const button = (word, act, kind = "quiet") => {
    const b = document.createElement("button");
    Object.assign(b, { type: "button", className: kind, textContent: say(word), onclick: act });
    b.dataset.act = word;
    return b;
  };
  const toggle = what => () => {
    open = open === what ? "" : what;
    unfold();
  };

  function unfold() {
    onward.hidden = !open;
    onward.replaceChildren();
    if (open === "keys") {
      const pad = document.createElement("div");
      pad.className = "keypad";
      for (const key of "123456789*0#") {
        const b = button(key, () => call.press(key));
        b.textContent = key;
        pad.append(b);
      }
      onward.append(pad);
    }
    if (open === "transfer") {
      const label = document.createElement("label"), input = document.createElement("input"), two = document.createElement("div");
      input.id = `onward-${call.id}`;
      input.autocomplete = "off";
      label.htmlFor = input.id;
      label.textContent = say("to");
      two.className = "two";
      const target = () => {
        const number = input.value.replace(/[\s.()/-]/g, "");
        return /^[+*#\d]+$/.test(number) ? number : input.value.trim() && search(input.value)[0]?.number;
      };
      two.append(button("blind", () => target() && give(target()), ""), button("consult", () => {
        const number = target();
        if (!number) return;
        open = "";
        unfold();
        attempt(() => phone().call(number));
      }));
      onward.append(label, input, two);
      input.focus();
    }
  }

  async function give(to) {
    open = "";
    unfold();
    note = say("transferring");
    show();
    try {
      await call.transfer(to);
      note = say("transferred");
      call.end();
      if (to instanceof Call) to.end();
    } catch (error) {
      note = say("notransfer", error.message);
      show();
    }
  }

  function show() {
    const state = call.state === "incoming" ? (call.offersPicture ? "incomingvideo" : "incoming") :
      call.state !== "up" ? call.state : call.held ? "held" : call.heldBy ? "heldby" : "up";
    const words = note ? `${say(state, call.peer)} – ${note}` : say(state, call.peer);
    if (text.textContent !== words) text.textContent = words;
    element.dataset.state = state;
    element.classList.toggle("rings", call.state === "incoming");
    const list = [];
    if (call.state === "incoming") {
      list.push(button("answer", () => attempt(() => phone().answer(call, false)), ""));
      if (call.offersPicture) list.push(button("answervideo", () => attempt(() => phone().answer(call, true)), ""));
      list.push(button("decline", () => call.end(), "danger"));
    } else {
      if (call.state === "up") {
        list.push(call.held ? button("resume", () => phone().hold(call, false), "") : button("hold", () => phone().hold(call, true)));
        list.push(button(call.muted ? "unmute" : "mute", () => call.mute(!call.muted)));
        list.push(button(call.own ? "cameraoff" : "cameraon", () => attempt(() => call.camera(!call.own), "nocam")));
        list.push(button("keys", toggle("keys")), button("transfer", toggle("transfer")));
        const other = phone()?.calls.find(c => c !== call && c.state === "up");
        if (other && call.held) {
          const join = button("join", () => give(other), "");
          join.textContent = say("join", call.peer, other.peer);
          list.push(join);
        }
      }
      list.push(button("hangup", () => call.end(), "danger"));
    }
    // Buttons that stay keep the focus: they are replaced only when they change.
    const now = list.map(b => b.textContent).join("\n");
    if (acts.dataset.has !== now) {
      const at = document.activeElement?.parentElement === acts ? document.activeElement.dataset.act : "";
      acts.dataset.has = now;
      acts.replaceChildren(...list);
      if (at) (list.find(b => b.dataset.act === at) ?? list[0])?.focus();
    }
    tick();
  }

  function tick() {
    if (!call.since) return;
    const s = Math.floor((Date.now() - call.since) / 1000);
    clock.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  }

  return { element, show, tick };
}
