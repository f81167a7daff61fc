// Shows the OpenAPI document that the page names, and mends what Swagger UI does not tell those who cannot see it.
"use strict";

const place = document.getElementById("api-docs");

// The page has a heading of its own; and a link within a button cannot be reached, nor need it be.
const fitting = ({ React }) => ({
  components: { InfoContainer: () => null, DeepLink: ({ text }) => React.createElement("span", null, text) },
});

function mend() {
  const each = (selector, change) => place.querySelectorAll(selector).forEach(change);
  each("main:not([role])", (part) => part.setAttribute("role", "group"));
  each(".close-modal:not([aria-label])", (button) => button.setAttribute("aria-label", "Close"));
  each(".btn.authorize[aria-label]", (button) => button.removeAttribute("aria-label"));
  each("pre:not([tabindex])", (text) => text.setAttribute("tabindex", "0"));
  each("select:not([aria-label])", (select) => select.setAttribute("aria-label", select.id === "servers" ? "Server" : "Choice"));
}

new MutationObserver(mend).observe(place, { childList: true, subtree: true });
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  plugins: [fitting],
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false,
  validatorUrl: null,
});
