// Drives Chromium for the Go tests: one JSON request per line on standard input, one
// answer per line on standard output. It ends with its input, and Chromium with it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = new Map();
let browser;

// open starts the browser: flags are Chromium's own.
const open = async ({ executable, flags, timeout }) => {
  browser = await chromium.launch({ executablePath: executable, args: flags, headless: true, timeout });
  return browser.version();
};

// page opens a window of somebody who was never here: no cookies, nothing granted but media.
const page = async ({ id, context, timeout }) => {
  const own = await browser.newContext(context);
  own.setDefaultTimeout(timeout);
  const window = await own.newPage();
  const said = [];
  const keep = text => { if (said.length < 200) said.push(text.slice(0, 500)); };
  window.on("console", m => keep(`${m.type()}: ${m.text()}`));
  window.on("pageerror", e => keep(`exception: ${e.message}`));
  window.on("requestfailed", r => keep(`request: ${r.method()} ${r.url()}: ${r.failure()?.errorText}`));
  pages.set(id, { window, own, said });
};

// script runs a function of the test: async (page, arg) => … of Playwright's words.
const script = async ({ id, source, arg }) => {
  const { window } = pages.get(id);
  return await eval(`(${source})`)(window, arg);
};

// accessibility gives what axe-core finds, without the markup around it.
const accessibility = async ({ id }) => {
  const { window } = pages.get(id);
  // Evaluated by the debugger: the page's policy forbids further scripts, and is to.
  await window.evaluate(axe);
  const found = await window.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(v => ({
    rule: v.id, impact: v.impact ?? "", help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.target.join(" ")),
  }));
};

const said = async ({ id }) => pages.get(id).said;
const close = async ({ id }) => { await pages.get(id).own.close(); pages.delete(id); };

const verbs = { open, page, script, accessibility, said, close };
const answer = (seq, body) => process.stdout.write(JSON.stringify({ seq, ...body }) + "\n");

const lines = createInterface({ input: process.stdin });
lines.on("line", async line => {
  const { seq, verb, ...rest } = JSON.parse(line);
  try {
    answer(seq, { value: (await verbs[verb](rest)) ?? null });
  } catch (error) {
    answer(seq, { error: String(error?.message ?? error).slice(0, 4000) });
  }
});
lines.on("close", async () => {
  await browser?.close().catch(() => {});
  process.exit(0);
});
