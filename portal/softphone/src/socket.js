// The way of SIP to the exchange (RFC 7118): JsSIP's interface of a socket, which asks by
// itself whether the way is still there. A laptop that changes its network has a socket
// that looks open and leads nowhere.
const askEvery = 15_000, answerWithin = 6_000; // ms
const ask = "\r\n\r\n", answer = "\r\n"; // RFC 5626 3.5.1

export class Socket {
  via_transport = "WSS";
  onconnect = () => {};
  ondisconnect = () => {};
  ondata = () => {};
  #way; #asks; #late;

  constructor(url, domain) {
    this.url = url;
    this.sip_uri = `sip:${domain};transport=ws`;
  }

  isConnected() { return this.#way?.readyState === WebSocket.OPEN; }
  isConnecting() { return this.#way?.readyState === WebSocket.CONNECTING; }

  connect() {
    if (this.isConnected() || this.isConnecting()) return;
    this.#drop();
    const way = this.#way = new WebSocket(this.url, "sip");
    way.binaryType = "arraybuffer";
    way.onopen = () => {
      this.#asks = setInterval(() => this.check(), askEvery);
      this.onconnect();
    };
    way.onclose = event => {
      if (way === this.#way) this.#closed(!event.wasClean, event.code, event.reason);
    };
    way.onmessage = event => {
      clearTimeout(this.#late);
      this.#late = 0;
      if (event.data !== answer) this.ondata(event.data);
    };
  }

  disconnect() {
    if (this.#way) this.#closed(false, 1000, "");
  }

  send(message) {
    if (!this.isConnected()) return false;
    this.#way.send(message);
    return true;
  }

  // check finds out within six seconds whether the way is open, and ends it when not.
  check() {
    if (!this.isConnected() || this.#late) return;
    this.send(ask);
    this.#late = setTimeout(() => this.#closed(true, 1006, "no answer"), answerWithin);
  }

  #drop() {
    clearInterval(this.#asks);
    clearTimeout(this.#late);
    this.#late = 0;
    const way = this.#way;
    this.#way = null;
    if (!way) return;
    way.onopen = way.onclose = way.onmessage = null;
    way.close();
  }

  #closed(error, code, reason) {
    this.#drop();
    this.ondisconnect(error, code, reason);
  }
}
