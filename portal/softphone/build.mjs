// Turns src/ and the packages of package-lock.json into dist/: the browser phone's script,
// the licences of what is in it, and the list of those packages for the image's SPDX file.
// The same source gives the same bytes on every machine.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const made = await build({
  entryPoints: ["src/softphone.js"], outfile: "dist/softphone.js", bundle: true, minify: true, metafile: true,
  format: "iife", target: ["chrome100", "firefox100", "safari15"], charset: "utf8", legalComments: "none", logLevel: "warning",
  define: { "process.env.DEBUG": "undefined" },
});

const folders = new Set();
for (const file of Object.keys(made.metafile.inputs)) {
  const package_ = file.match(/^node_modules\/(?:@[^/]+\/)?[^/]+\//);
  if (package_) folders.add(package_[0]);
}
let licences = "", list = "";
for (const folder of [...folders].sort()) {
  const { name, version, license } = JSON.parse(readFileSync(folder + "package.json", "utf8"));
  const text = readdirSync(folder).sort().find(f => /^licen[cs]e/i.test(f));
  if (!text) throw new Error(`${name} has no licence file: it cannot go into the image`);
  licences += `${name} ${version} (${license})\n\n${readFileSync(folder + text, "utf8").trim()}\n\n${"-".repeat(72)}\n\n`;
  list += `${name} ${version} ${license}\n`;
}
writeFileSync("dist/licences.txt", licences);
writeFileSync("dist/packages.txt", list);
