// The phone: registered as long as the page is open, with any number of calls of which
// one is not on hold.
import { UA } from "jssip";
import { Call, peerConfig } from "./call.js";
import { Socket } from "./socket.js";
import * as media from "./media.js";

export class Phone extends EventTarget {
  calls = [];
  state = "starting"; // starting, ready, lost, refused
  why = "";
  messages = 0; // new ones in the mailbox
  #offers = new WeakMap();

  constructor(line) {
    super();
    this.line = line;
    this.socket = new Socket(`wss://${location.host}/ws`, line.domain);
    this.ua = new UA({
      sockets: [this.socket], uri: `sip:${line.user}@${line.domain}`, password: line.password, display_name: line.name || line.number,
      register_expires: 300, session_timers: false, user_agent: "autocom browser phone",
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 8, no_answer_timeout: 180,
    });
    this.ua.on("registered", () => this.#become("ready"));
    this.ua.on("unregistered", () => this.#become("lost"));
    this.ua.on("disconnected", () => this.#become("lost"));
    this.ua.on("registrationFailed", e => this.#registrationFailed(e));
    this.ua.on("connected", () => this.#again());
    this.ua.on("newRTCSession", e => e.originator === "remote" && this.#incoming(e));
    this.ua.on("sipEvent", ({ event, request }) => event.event === "message-summary" && this.#mailbox(request.body));
  }

  start() {
    this.ua.start();
    this.#checks = () => this.socket.check();
    addEventListener("online", this.#checks);
    document.addEventListener("visibilitychange", this.#checks);
    navigator.connection?.addEventListener?.("change", this.#checks);
  }

  stop() {
    removeEventListener("online", this.#checks);
    document.removeEventListener("visibilitychange", this.#checks);
    navigator.connection?.removeEventListener?.("change", this.#checks);
    clearTimeout(this.#retry);
    this.ua.stop();
  }

  uri(number) { return `sip:${encodeURIComponent(number).replace(/%2B/g, "+").replace(/%2A/g, "*")}@${this.line.domain}`; }
  offerOf(session) { return this.#offers.get(session) ?? ""; }

  // call rings a number; the others wait meanwhile.
  async call(number, picture = false, name = "") {
    const stream = await media.open(picture);
    this.#others(null);
    const session = this.ua.call(this.uri(number), { mediaStream: stream, pcConfig: peerConfig });
    const call = this.#keep(new Call(this, session, number, name));
    call.started(stream);
    return call;
  }

  async answer(call, picture) {
    this.#others(call);
    await call.answer(picture);
  }

  hold(call, on) {
    if (!on) this.#others(call);
    call.hold(on);
  }

  #checks; #retry; #was = false;

  #others(but) { for (const c of this.calls) if (c !== but) c.hold(true); }

  #incoming({ session, request }) {
    if (this.calls.length >= 4) return session.terminate({ status_code: 486 });
    this.#offers.set(session, request.body ?? "");
    const from = session.remote_identity;
    const call = this.#keep(new Call(this, session, decodeURIComponent(from.uri.user ?? ""), from.display_name ?? ""));
    this.dispatchEvent(new CustomEvent("incoming", { detail: call }));
  }

  #keep(call) {
    this.calls.push(call);
    call.addEventListener("change", () => {
      if (call.state === "over") {
        this.calls = this.calls.filter(c => c !== call);
        this.dispatchEvent(new CustomEvent("over", { detail: call }));
      }
      this.#tell();
    });
    this.#tell();
    return call;
  }

  // A line that the exchange does not know yet comes with its next reload.
  #registrationFailed({ response, cause }) {
    if (this.state === "ready") this.state = "lost";
    if (response && [401, 403, 404].includes(response.status_code)) {
      this.why = `${response.status_code} ${response.reason_phrase}`;
      this.refusals = (this.refusals ?? 0) + 1;
      if (this.refusals > 15) return this.#become("refused");
    } else {
      this.why = cause;
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.ua.isConnected() && this.ua.register(), Math.min(1000 * (this.refusals ?? 1), 8000));
    this.#tell();
  }

  // Calls that were up when the way to the exchange broke: it learns the new way by our offer.
  #again() {
    if (this.#was) for (const c of this.calls) c.renegotiate(true);
    this.#was = true;
  }

  #mailbox(body) {
    const found = /^Voice-Message:\s*(\d+)\//im.exec(body ?? "");
    this.messages = found ? Number(found[1]) : 0;
    this.#tell();
  }

  #become(state) {
    this.state = state;
    if (state === "ready") this.refusals = 0;
    this.#tell();
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}
