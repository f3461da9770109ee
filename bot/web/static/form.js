// Type-ahead for the select fields of a form page, and one submission per tap.
const form = document.querySelector("form[data-form]");

for (const input of form.querySelectorAll("input[data-options]")) {
  const list = document.getElementById(`${input.name}-list`);
  const chosen = form.elements[`${input.name}.id`];
  let asked = 0;
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = (item) => {
    input.value = item.textContent;
    chosen.value = item.dataset.id;
    close();
  };
  const mark = (step) => {
    const items = [...list.children];
    if (!items.length) return;
    active = (active + step + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", items[active].id);
    items[active].scrollIntoView({ block: "nearest" });
  };
  const offer = async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ field: input.name, typed: input.value });
    const answer = await fetch(`/h5/form/${form.dataset.form}/options?${query}`);
    if (mine !== asked || !answer.ok) return;
    const found = await answer.json();
    list.replaceChildren(...found.map(({ id, text }, i) => {
      const item = document.createElement("li");
      item.id = `${input.name}-${i}`;
      item.role = "option";
      item.textContent = text;
      item.dataset.id = id;
      return item;
    }));
    active = -1;
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
  };

  input.addEventListener("focus", offer);
  input.addEventListener("input", () => { chosen.value = ""; offer(); });
  input.addEventListener("blur", () => { asked += 1; close(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      pick(list.children[active]);
    } else if (event.key === "Escape") close();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li");
    if (item) pick(item);
  });
  if (input === document.activeElement) offer(); // typed before this script had loaded
}

form.addEventListener("submit", () => {
  form.querySelector("button").disabled = true;
});
