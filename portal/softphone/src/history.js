// The last calls of this browser: they stay in it.
const kept = "autocom-calls", most = 30;

export function list() {
  try { return JSON.parse(localStorage.getItem(kept)) ?? []; } catch { return []; }
}

export function note(call) {
  const entry = { number: call.number, name: call.name, incoming: call.incoming, missed: Boolean(call.missed), at: Date.now() };
  localStorage.setItem(kept, JSON.stringify([entry, ...list()].slice(0, most)));
}
