// Who of the people on the list is there, free or on the phone (RFC 4235): one
// subscription for each that is to be seen, and never more than most.
const most = 24;

const meaning = body => {
  const states = [...body.matchAll(/<state[^>]*>\s*(\w+)/g)].map(m => m[1]);
  if (states.includes("confirmed")) return "onphone";
  if (states.some(s => s === "early" || s === "proceeding" || s === "trying")) return "rings";
  return "free";
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
    const subscriber = this.#phone.ua.subscribe(this.#phone.uri(number), "dialog", "application/dialog-info+xml", { expires: 600 });
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
      lamp.state = "absent";
      this.#show(number, lamp.state);
    });
    subscriber.subscribe();
  }
}
