// The sound of a phone that rings, and of one that rings elsewhere: two tones, made here.
import { chosen, speaker } from "./media.js";

let context, playing, timer;

function burst(tones, seconds, loud) {
  const until = context.currentTime + seconds;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, context.currentTime);
  gain.gain.linearRampToValueAtTime(loud, context.currentTime + 0.02);
  gain.gain.setValueAtTime(loud, until - 0.04);
  gain.gain.linearRampToValueAtTime(0, until);
  gain.connect(context.destination);
  for (const hz of tones) {
    const tone = context.createOscillator();
    tone.frequency.value = hz;
    tone.connect(gain);
    tone.start();
    tone.stop(until);
  }
}

// play goes on until another is played: "ring" here, "back" while it rings there, "" nothing.
export function play(what) {
  if (what === playing) return;
  playing = what;
  clearInterval(timer);
  if (!what) {
    context?.suspend();
    return;
  }
  context ??= new AudioContext();
  context.resume().catch(() => {}); // not before the person has touched the page
  speaker(context, what === "ring" ? chosen.ringer : chosen.speaker);
  const sound = what === "ring" ? () => burst([523, 659], 1, 0.25) : () => burst([440], 1.5, 0.06);
  sound();
  timer = setInterval(sound, what === "ring" ? 2500 : 5000);
}
