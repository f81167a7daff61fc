// Progressive enhancement only: every page works without this file.
"use strict";

// A form that came back with faults: the list of faults takes the focus.
document.querySelector("[data-takes-focus]")?.focus();

// The menu of the account closes with Escape, or when the reader goes elsewhere.
for (const menu of document.querySelectorAll("details.aff-account")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// A second press on a button that is already sending must not send twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sending) event.preventDefault();
  form.dataset.sending = "yes";
  setTimeout(() => delete form.dataset.sending, 5000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sending;
});

// A part of the page that another service could not make says so; a refusal (4xx) brings its own words.
function sayItFailed(event) {
  const part = event.target.closest?.("[data-failed]");
  if (!part) return;
  const sentence = document.createElement("p");
  sentence.className = "aff-failed";
  sentence.setAttribute("role", "status");
  sentence.textContent = part.dataset.failed;
  part.replaceChildren(sentence);
}
document.addEventListener("htmx:error", sayItFailed);
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) sayItFailed(event);
});
