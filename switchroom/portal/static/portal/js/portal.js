// What the portal adds where JavaScript runs; every page works without it.

// A menu closes when one presses Escape or goes elsewhere.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const leaving of ["click", "focusin"]) {
  document.addEventListener(leaving, (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
}

// Buttons that need a script are hidden until there is one: copy a text, print the page.
const wake = (root) => {
  for (const button of root.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;
};

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent.trim());
    copy.querySelector("[data-word]").textContent = copy.dataset.done;
  }
  if (event.target.closest("[data-print]")) window.print();
});

// − and + count at once in a form that htmx prices; the server prices what stands in the field a moment later.
document.addEventListener("click", (event) => {
  const button = event.target.closest("form[hx-post] button[name=step]");
  if (!button) return;
  const stepper = button.closest(".stepper");
  const input = stepper.querySelector("input");
  if (!/^[0-9]+$/.test(input.value.trim())) return; // the server says what is wrong
  const least = Number(stepper.dataset.least);
  const most = stepper.dataset.most ? Number(stepper.dataset.most) : Infinity;
  event.preventDefault();
  input.value = Math.max(least, Math.min(most, Number(input.value) + (button.value.endsWith(":-1") ? -1 : 1)));
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// An answer that was overtaken by a later change is dropped: it would put back what stood there before.
const changes = new WeakMap();

document.addEventListener("input", ({ target }) => {
  if (target.form) changes.set(target.form, (changes.get(target.form) ?? 0) + 1);
});
document.addEventListener("htmx:config:request", ({ target, detail }) => { detail.ctx.changes = changes.get(target); });
document.addEventListener("htmx:before:swap", (event) => {
  if (event.detail.ctx.changes !== changes.get(event.target)) event.preventDefault();
});

// After a swap the figures that are no longer the same light up for a moment: <dd data-figure="due-now">.
const figuresOf = () => new Map([...document.querySelectorAll("[data-figure]")].map((f) => [f.dataset.figure, f.textContent.trim()]));
let before = new Map();

document.addEventListener("htmx:before:swap", () => { before = figuresOf(); });
document.addEventListener("htmx:after:swap", () => {
  wake(document);
  for (const figure of document.querySelectorAll("[data-figure]")) {
    const was = before.get(figure.dataset.figure);
    if (was === undefined || was === figure.textContent.trim()) continue;
    figure.classList.remove("changed");
    void figure.offsetWidth; // begins the animation anew
    figure.classList.add("changed");
  }
});

wake(document);
