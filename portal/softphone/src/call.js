// One call: what JsSIP's session says, as a person sees it.
import * as media from "./media.js";

export const peerConfig = { iceServers: [], bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" };

let calls = 0;

export class Call extends EventTarget {
  id = ++calls;
  state = "calling"; // calling, ringing (there), incoming (here), up, over
  held = false; // by us
  heldBy = false; // by them
  muted = false;
  since = 0; // when it was answered
  why = ""; // it ended so
  pictures = new Map(); // mid → MediaStream of a picture that is sent to us
  sound = new MediaStream();
  own = null; // the track of our camera

  constructor(phone, session, number, name) {
    super();
    Object.assign(this, { phone, session, number, name });
    this.incoming = session.direction === "incoming";
    if (this.incoming) {
      this.state = "incoming";
      this.offersPicture = /^m=video [1-9]/m.test(phone.offerOf(session));
    }
    session.on("peerconnection", ({ peerconnection }) => this.#listen(peerconnection));
    if (session.connection) this.#listen(session.connection);
    session.on("progress", () => this.#become(this.incoming ? "incoming" : "ringing"));
    session.on("accepted", () => this.#up());
    session.on("confirmed", () => this.#up());
    session.on("hold", ({ originator }) => this.#hold(originator, true));
    session.on("unhold", ({ originator }) => this.#hold(originator, false));
    for (const event of ["reinvite", "update"]) session.on(event, ({ request }) => this.#identity(request));
    session.on("ended", e => this.#end(e));
    session.on("failed", e => this.#end(e));
  }

  get peer() { return this.name && this.name !== this.number ? `${this.name} (${this.number})` : this.number; }
  get connection() { return this.session.connection; }

  async answer(picture) {
    const stream = await media.open(picture);
    if (this.state === "over") return media.close(stream);
    this.#mine(stream);
    this.session.answer({ mediaStream: stream, pcConfig: peerConfig });
  }

  // started is told of the stream that the call was made with.
  started(stream) { this.#mine(stream); }

  end() {
    if (this.session.isEnded()) return;
    this.session.terminate(this.incoming && this.state === "incoming" ? { status_code: 603 } : undefined);
  }

  hold(on) {
    if (this.state !== "up" || this.held === on) return;
    on ? this.session.hold() : this.session.unhold();
  }

  mute(on) {
    on ? this.session.mute({ audio: true }) : this.session.unmute({ audio: true });
    this.muted = on;
    this.#tell();
  }

  press(key) { this.session.sendDTMF(key, { transportType: "RFC2833", duration: 120, interToneGap: 70 }); }

  // camera shows or hides our picture in a call that is up.
  async camera(on) {
    if (!on) {
      const line = this.connection.getTransceivers().find(t => t.sender.track && t.sender.track === this.own);
      this.own?.stop();
      this.own = null;
      if (line) {
        await line.sender.replaceTrack(null);
        line.direction = line.direction === "sendrecv" ? "recvonly" : "inactive";
      }
    } else {
      const track = (await media.open(true, false)).getVideoTracks()[0];
      // The first picture of a call is ours to send; the others of a conference are not.
      const line = this.connection.getTransceivers().find(t => t.receiver.track.kind === "video" && !t.stopped);
      if (line) {
        line.direction = "sendrecv";
        await line.sender.replaceTrack(track);
      } else {
        this.connection.addTrack(track, this.sound);
      }
      this.own = track;
    }
    this.renegotiate();
    this.#tell();
  }

  // renegotiate sends our offer again: after a change, or after the way to the exchange
  // was another one for a while (restart: the media's way too).
  renegotiate(restart = false) {
    if (this.state === "up") this.session.renegotiate({ rtcOfferConstraints: restart ? { iceRestart: true } : undefined });
  }

  // transfer gives the other side to somebody: a number, or a call of ours.
  transfer(to) {
    return new Promise((done, refused) => {
      const target = to instanceof Call ? to.session.remote_identity.uri.toString() : this.phone.uri(to);
      this.session.refer(target, {
        replaces: to instanceof Call ? to.session : undefined,
        eventHandlers: {
          requestFailed: e => refused(new Error(e.cause)), failed: e => refused(new Error(e.status_line?.reason_phrase ?? "")),
          accepted: () => done(), requestSucceeded: () => {},
        },
      });
      this.session.once("ended", () => done());
    });
  }

  #mine(stream) {
    this.stream = stream;
    this.own = stream.getVideoTracks()[0] ?? null;
  }

  #listen(connection) {
    connection.addEventListener("track", ({ track, transceiver }) => {
      if (track.kind === "audio") {
        this.sound = new MediaStream([track]);
        this.#tell();
        return;
      }
      const show = () => { this.pictures.set(transceiver.mid, new MediaStream([track])); this.#tell(); };
      const hide = () => { this.pictures.delete(transceiver.mid); this.#tell(); };
      if (!track.muted) show();
      track.addEventListener("unmute", show); // the first packets have come
      track.addEventListener("mute", hide);
      track.addEventListener("ended", hide);
    });
    // A side that went without a word: the exchange cannot reach us, nor we its sound.
    let lost;
    connection.addEventListener("connectionstatechange", () => {
      clearTimeout(lost);
      if (["disconnected", "failed"].includes(connection.connectionState)) lost = setTimeout(() => {
        if (this.state !== "up") return;
        this.why = "lostcall";
        this.end();
      }, 20_000);
    });
  }

  #up() {
    this.since ||= Date.now();
    this.#become("up");
  }

  #become(state) {
    if (this.state === "over" || this.state === "up" && state !== "over") return;
    this.state = state;
    this.#tell();
  }

  #hold(originator, on) {
    originator === "local" ? this.held = on : this.heldBy = on;
    this.#tell();
  }

  // identity reads who is at the other end now, after a transfer or a pickup (RFC 3325).
  #identity(request) {
    const asserted = request.getHeader?.("P-Asserted-Identity");
    const found = asserted?.match(/^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<sips?:([^@;>]+)/);
    if (!found) return;
    this.number = decodeURIComponent(found[3]);
    this.name = (found[1] ?? found[2] ?? "").replace(/\\(.)/g, "$1");
    this.#tell();
  }

  #end({ cause, message, originator }) {
    if (this.state === "over") return;
    media.close(this.stream);
    this.own?.stop();
    this.answered = this.state === "up";
    this.why ||= this.answered ? "" : message?.status_code ? String(message.status_code) : cause;
    this.missed = this.incoming && !this.answered && originator !== "local" && !/completed elsewhere/i.test(message?.getHeader?.("Reason") ?? "");
    this.#become("over");
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}
