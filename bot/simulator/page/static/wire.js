/** The wire log: what the service and the platforms said to each other, newest on top. */

import { get } from "./api.js";

const panel = document.querySelector("#wire");
const list = panel.querySelector("ol");
const row = document.querySelector("#exchange");
const NAMES = { wecom: "企业微信", dingtalk: "钉钉" };
let newest = 0;
let asking = false;

export function toggle(button) {
  panel.hidden = !panel.hidden;
  button.setAttribute("aria-expanded", String(!panel.hidden));
  follow();
}

/** Fetch what is new, if anybody looks. */
export async function follow() {
  if (panel.hidden || asking) return;
  asking = true;
  try {
    for (const exchange of await get(`wire?after=${newest}`)) {
      newest = exchange.id;
      list.prepend(draw(exchange));
    }
  } finally {
    asking = false;
  }
}

function draw({ at, platform, direction, summary, raw, decoded, answer }) {
  const node = row.content.cloneNode(true);
  const fill = (selector, words) => { node.querySelector(selector).textContent = words; };
  fill("time", at.slice(11, 19));
  fill("em", NAMES[platform] ?? platform);
  fill("b", direction === "to_bot" ? "→ 服务" : "← 服务");
  fill("span", summary);
  fill(".raw", raw);
  fill(".decoded", readable(decoded));
  fill(".answer", readable(answer));
  return node;
}

const readable = (value) =>
  value === null ? "（无）" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
