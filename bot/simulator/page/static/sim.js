/** The phones page: draws what the feed sends, sends what a finger does. */

import { post } from "./api.js";
import { develop } from "./pictures.js";
import { follow, toggle } from "./wire.js";

const CLOSE = 300; // seconds; messages nearer than this share one time line
const drawn = new Map(); // message id → the HTML it was drawn from
const touched = new Map(); // message id → names of the inputs the person has used
const events = new EventSource("/sim/events");

const status = document.querySelector(".clock .ran");
const announce = (words) => { status.textContent = words; };
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => root.querySelectorAll(selector);
const phoneOf = (node) => node.closest(".phone");
const messageOf = (node) => node.closest(".message")?.dataset.id;

events.addEventListener("message", ({ data }) => {
  const { phone, id, html } = JSON.parse(data);
  const chat = $(`[data-phone="${CSS.escape(phone)}"] .chat`);
  if (!chat || drawn.get(id) === html) return;
  drawn.set(id, html);
  const node = new DOMParser().parseFromString(html, "text/html").querySelector("li");
  develop(node);
  const old = $(`[data-id="${CSS.escape(id)}"]`, chat);
  const low = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  if (old) repaint(old, node);
  else $("ol", chat).append(node);
  const before = node.previousElementSibling;
  node.classList.toggle("close", Boolean(before) && node.dataset.at - before.dataset.at < CLOSE);
  if (!old || low) chat.scrollTop = chat.scrollHeight;
});

events.addEventListener("clock", ({ data }) => {
  const { now, monday } = JSON.parse(data);
  $("#now").textContent = now;
  $("[data-monday]").dataset.monday = monday;
  follow();
  for (const hm of all(".status .hm")) hm.textContent = now.slice(-8, -3);
});

events.addEventListener("reset", () => location.reload());
events.addEventListener("error", () => announce("和服务断开了，正在重连"));
events.addEventListener("open", () => announce(""));

/** Put `node` in place of `old`, keeping what the person typed, chose and focused. */
function repaint(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const kept = touched.get(old.dataset.id) ?? new Set();
  for (const input of all("input, select, textarea", node)) {
    if (!kept.has(input.name) || input.matches(":disabled")) continue;
    const same = `[name="${CSS.escape(input.name)}"]`;
    const tick = input.type === "checkbox" || input.type === "radio";
    const was = $(tick ? `${same}[value="${CSS.escape(input.value)}"]` : same, old);
    if (was && tick) input.checked = was.checked;
    else if (was && (!input.options || hasOption(input, was.value))) input.value = was.value;
  }
  old.replaceWith(node);
  if (focused?.name) $(`[name="${CSS.escape(focused.name)}"]`, node)?.focus();
  else if (focused) $(".chat", phoneOf(node)).focus();
}

const hasOption = (select, value) => [...select.options].some((o) => o.value === value);

document.addEventListener("change", ({ target }) => {
  if (target.type === "file" && target.files.length) attach(target);
});

document.addEventListener("input", ({ target }) => {
  const id = messageOf(target);
  touched.set(id, (touched.get(id) ?? new Set()).add(target.name));
});

/** Whether `act` went well; what went wrong is said on the phone of `node` or in the strip. */
async function done(node, act) {
  const place = phoneOf(node) ? $(".notice", phoneOf(node)) : status;
  place.textContent = "";
  const problem = await act().catch((error) => error);
  if (problem instanceof Error) place.textContent = problem.message;
  return !(problem instanceof Error);
}

/** `act` while `button` turns and takes no second press. */
async function busy(button, act) {
  button.disabled = true;
  button.ariaBusy = "true";
  await done(button, act);
  button.disabled = false;
  button.ariaBusy = null;
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!phoneOf(form)) return;
  event.preventDefault();
  if (form.matches(".say")) return send(form);
  const question = submitter.dataset.confirm;
  if (question && !(await agreed(submitter, question))) return;
  busy(submitter, () => post("press", pressed(form, submitter)));
});

/** Ask on the phone of `button`; whether the person said yes. */
async function agreed(button, question) {
  const sheet = $(".ask", phoneOf(button));
  $("p", sheet).textContent = question;
  cover(sheet, true);
  $("button", sheet).focus();
  const answer = await new Promise((resolve) => {
    sheet.onclick = ({ target }) => target.matches("button") && resolve(target.value);
    sheet.onkeydown = ({ key }) => key === "Escape" && resolve("");
  });
  cover(sheet, false);
  button.focus();
  return Boolean(answer);
}

/** Send the typed line; another can be typed at once, and a refused one comes back. */
async function send(form) {
  const { person, platform } = phoneOf(form).dataset;
  const input = form.elements.text;
  const text = input.value;
  input.value = "";
  if (!(await done(form, () => post("say", { person, platform, text })))) input.value ||= text;
}

/** Send the chosen picture or file. */
async function attach(input) {
  const { person, platform } = phoneOf(input).dataset;
  const [file] = input.files;
  await done(input, async () => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let binary = "";
    for (let at = 0; at < bytes.length; at += 32768) {
      binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
    }
    const body = { person, platform, filename: file.name, content_base64: btoa(binary) };
    await post("upload", body);
  });
  input.value = "";
}

function pressed(form, button) {
  const ticks = [...all("[type=checkbox]:enabled", form)];
  const values = Object.fromEntries(ticks.map(({ name }) => [name, ""]));
  for (const [name, value] of new FormData(form)) {
    values[name] = values[name] ? `${values[name]},${value}` : value;
  }
  const { person } = phoneOf(form).dataset;
  return { person, message: messageOf(form), action: button.value, values };
}

document.addEventListener("click", ({ target }) => {
  for (const more of all("details.more[open]")) more.open = more.contains(target);
  const button = target.closest("button");
  if (!button) return;
  const { url, key, advance, monday, target: aim } = button.dataset;
  if (url) busy(button, () => openSheet(button, url));
  else if (key) busy(button, () => post("menu", { person: phoneOf(button).dataset.person, key }));
  else if (advance) busy(button, () => jump({ advance }));
  else if (monday) busy(button, () => jump({ to: monday }));
  else if (aim) guide(button, aim);
  else if (button.id === "wire-toggle") toggle(button);
  else if (button.id === "theme") theme();
  else if (button.closest(".sheet")) closeSheet(button.closest(".sheet"));
});

document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return;
  const sheet = phoneOf(target) && $(".sheet:not([hidden])", phoneOf(target));
  if (sheet) closeSheet(sheet);
  for (const open of all("details.chooser[open], details.more[open]")) open.open = false;
});

async function openSheet(button, url) {
  const { person } = phoneOf(button).dataset;
  const page = await post("open", { person, message: messageOf(button), url });
  const sheet = $(".sheet", phoneOf(button));
  $("iframe", sheet).src = page.url;
  $("h2", sheet).textContent = button.textContent;
  cover(sheet, true);
  $("button", sheet).focus();
}

function closeSheet(sheet) {
  cover(sheet, false);
  $("iframe", sheet).src = "about:blank";
  $(".say input", phoneOf(sheet)).focus();
}

/** A sheet hides the chat from keys and readers, too. */
function cover(sheet, on) {
  for (const behind of sheet.parentElement.children) behind.inert = on && behind !== sheet;
  sheet.hidden = !on;
}

async function jump(how) {
  const { ran } = await post("clock", how);
  announce(ran.length ? `运行了 ${ran.length} 个任务` : "没有到期的任务");
}

function guide(button, aim) {
  const target = $(aim);
  button.parentElement.classList.add("done");
  if (!target) return announce("这一步的手机没有打开，请在「选手机」里勾选");
  if (button.dataset.line) target.value = button.dataset.line;
  target.scrollIntoView({ block: "nearest", inline: "center" });
  target.focus();
}

function theme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const shown = root.dataset.theme === "auto" ? system : root.dataset.theme;
  root.dataset.theme = shown === "dark" ? "light" : "dark";
  document.cookie = `sim_theme=${root.dataset.theme}; path=/sim; samesite=lax`;
}
