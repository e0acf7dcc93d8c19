// Who of the people on the list is there, free or on the phone: one subscription for
// each that is to be seen, and never more than most. Presence (RFC 3863), for the dialogs
// of RFC 4235 do not tell who is free from whose phone is not there.
const most = 24;

// Asterisk says more in its note than open and closed.
const meaning = body => {
  const note = /<note[^>]*>([^<]*)/.exec(body)?.[1] ?? "";
  if (/^(on the phone|on hold)/i.test(note)) return "onphone";
  if (/^ringing/i.test(note)) return "rings";
  return /<basic>\s*open/.test(body) ? "free" : "absent";
};

export class Lamps {
  #phone; #watched = new Map(); #show;

  constructor(phone, show) {
    this.#phone = phone;
    this.#show = show;
  }

  state(number) { return this.#watched.get(number)?.state ?? ""; }

  // watch asks for these numbers and for no others any more.
  watch(numbers) {
    const wanted = new Set(numbers.slice(0, most));
    for (const [number, lamp] of this.#watched) {
      if (wanted.has(number)) continue;
      this.#watched.delete(number);
      lamp.end();
    }
    if (this.#phone.state !== "ready") return;
    for (const number of wanted) if (!this.#watched.has(number)) this.#open(number);
  }

  // forget drops all: the way to the exchange is another one.
  forget() {
    for (const lamp of this.#watched.values()) lamp.end();
    this.#watched.clear();
  }

  #open(number) {
    const lamp = { state: "", end() {} };
    this.#watched.set(number, lamp);
    const subscriber = this.#phone.ua.subscribe(this.#phone.uri(number), "presence", "application/pidf+xml", { expires: 600 });
    let over = false;
    lamp.end = () => {
      if (over) return;
      over = true;
      try { subscriber.terminate(); } catch { /* it was not there yet, or not any more */ }
    };
    subscriber.on("notify", (final, request, body) => {
      if (this.#watched.get(number) !== lamp || !body) return;
      lamp.state = meaning(body);
      this.#show(number, lamp.state);
    });
    subscriber.on("terminated", () => {
      over = true;
      if (this.#watched.get(number) !== lamp) return;
      lamp.state = ""; // nobody knows: a room, a menu
      this.#show(number, lamp.state);
    });
    subscriber.subscribe();
  }
}
