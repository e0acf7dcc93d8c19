// Guesses on the first page what the visitor's browser knows better, shows passwords, and
// finds out whether this browser believes the box.
// Without it everything is there, to be typed and chosen.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("input[data-show]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small show";
    button.textContent = field.dataset.show;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      button.setAttribute("aria-pressed", String(hidden));
    });
    field.after(button);
  }
  const probe = document.getElementById("probe");
  if (probe) {
    const picture = new Image();
    picture.addEventListener("load", () => { probe.hidden = false; });
    picture.src = probe.dataset.probe + "?" + Date.now();
  }
  const country = document.getElementById("country");
  if (!country) return;
  const form = country.form;
  const zone = form.elements.timezone;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const has = [...country.options].find(option => option.dataset.zones.split(" ").includes(here));
  if (has && zone.value === zone.defaultValue) {
    zone.value = here;
    has.selected = true;
  }
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region" });
  const chosen = country.value;
  for (const option of country.options) option.textContent = names.of(option.value);
  const byName = [...country.options].sort((a, b) => a.textContent.localeCompare(b.textContent, document.documentElement.lang));
  country.append(...byName);
  country.value = chosen;
  country.addEventListener("change", () => {
    zone.value = country.selectedOptions[0].dataset.zones.split(" ")[0];
  });
})();
