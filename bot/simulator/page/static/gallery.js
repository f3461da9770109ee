/** The card gallery: pictures, "Copy JSON". */

import { develop } from "./pictures.js";

develop(document);

document.addEventListener("click", async ({ target }) => {
  if (!target.matches(".copy")) return;
  await navigator.clipboard.writeText(target.nextElementSibling.textContent);
  target.textContent = "已复制";
});
document.addEventListener("submit", (event) => event.preventDefault());
