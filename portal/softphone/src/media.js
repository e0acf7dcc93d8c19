// Microphone, camera and speakers, as the person has chosen them.
const kept = "autocom-devices";

export const chosen = { micro: "", camera: "", speaker: "", ringer: "", ...read() };

function read() {
  try { return JSON.parse(localStorage.getItem(kept)) ?? {}; } catch { return {}; }
}

export function choose(what, id) {
  chosen[what] = id;
  localStorage.setItem(kept, JSON.stringify(chosen));
}

const wish = id => id ? { deviceId: { ideal: id } } : {};

// open gives a stream: sound, unless told otherwise, and a picture when it is wanted. A
// camera that is missing or taken is no reason not to speak.
export async function open(picture, sound = true) {
  const audio = sound && { ...wish(chosen.micro), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const video = picture && { ...wish(chosen.camera), width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video });
  } catch (error) {
    if (picture && sound) return navigator.mediaDevices.getUserMedia({ audio });
    throw error;
  }
}

export function close(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

// devices are what the machine has: names are told once one was allowed.
export async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = kind => all.filter(d => d.kind === kind && d.deviceId && d.deviceId !== "default" && d.deviceId !== "communications");
  return { micro: of("audioinput"), camera: of("videoinput"), speaker: of("audiooutput"), ringer: of("audiooutput") };
}

// speaker sends the sound of an element, or of an AudioContext, to a device.
export async function speaker(sink, id) {
  if (sink.setSinkId) await sink.setSinkId(id).catch(() => {});
}
