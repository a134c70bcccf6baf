// Every page works without this file. A figure's svg has the places of its points (data-x, data-y), its data table has
// the words.

const places = (words = "") => words.split(" ").filter(Boolean).map((word) => (word === "–" ? null : +word));

const nearest = (list, at) =>
  list.reduce((best, place, i) => (place !== null && !(Math.abs(list[best] - at) <= Math.abs(place - at)) ? i : best), -1);

const texts = (row) => [...row.cells].map((cell) => cell.textContent);

const hover = (svg, table) => {
  const { hover: kind, x, y } = svg.dataset;
  const [xs, ys] = [places(x), places(y)];
  const grid = kind === "grid";
  const heads = texts(table.tHead.rows[0]);
  const { width, height } = svg.viewBox.baseVal;
  const tip = Object.assign(document.createElement("div"), { className: "tip", role: "status" });
  const cross = document.createElementNS(svg.namespaceURI, "path");
  let [row, column] = [-1, -1];

  const hide = () => {
    row = column = -1;
    tip.textContent = "";
    cross.setAttribute("d", "");
  };
  const show = (toRow, toColumn) => {
    if (toRow < 0 || (toRow === row && toColumn === column)) return;
    [row, column] = [toRow, toColumn];
    const [name, ...cells] = texts(table.tBodies[0].rows[row]);
    const lines = cells.map((text, i) => `${heads[i + 1]}: ${text}`);
    tip.textContent = [name, ...(grid ? [lines[column]] : lines)].join("\n");
    const at = { x: kind === "y" ? width / 2 : xs[grid ? column : row], y: ys[row] ?? height / 2 };
    const ring = `M${at.x - 5},${at.y}a5,5 0 1 0 10,0a5,5 0 1 0 -10,0`;
    const line = `M${at.x},0V${height - 34}`;
    cross.setAttribute("d", kind === "x" ? line + (ys[row] === null ? "" : ring) : `M${at.x - 6},${at.y}h12m-6-6v12`);
    const scale = svg.clientWidth / width;
    const right = at.x * scale + 12;
    const left = right + tip.offsetWidth > svg.clientWidth ? right - 24 - tip.offsetWidth : right;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${Math.max(0, at.y * scale - tip.offsetHeight - 8)}px`;
  };
  const point = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    if (kind === "xy") show(nearest(xs.map((place, i) => Math.hypot(place - at.x, ys[i] - at.y)), 0));
    else if (kind === "x") show(nearest(xs, at.x));
    else show(nearest(ys, at.y), grid ? nearest(xs, at.x) : undefined);
  };
  const key = (event) => {
    if (event.key === "Escape") return hide();
    const far = Infinity;
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], Home: [0, -far], End: [0, far] };
    const [down, right] = steps[event.key] ?? [];
    if (down === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const within = (at, list) => Math.min(Math.max(at, 0), list.length - 1);
    if (grid) show(within(row + down, ys), within(column + right, xs));
    else show(within(row + down + right, kind === "y" ? ys : xs));
  };

  // The browser would show the title as a second tooltip, so its words move to the label.
  const words = [...svg.querySelectorAll(":scope > title, :scope > desc")];
  svg.setAttribute("aria-label", words.map((node) => node.textContent).join(". "));
  svg.removeAttribute("aria-labelledby");
  words.forEach((node) => node.remove());
  cross.setAttribute("class", "cross");
  svg.append(cross);
  svg.after(tip);
  svg.tabIndex = 0;
  Object.assign(svg, { onpointerdown: point, onpointermove: point, onpointerleave: hide, onblur: hide, onkeydown: key });
};

const enhance = (root) => {
  for (const svg of root.querySelectorAll("svg[data-hover]")) {
    const table = svg.closest("figure")?.querySelector("details table");
    if (table) hover(svg, table);
  }
};

// The address is the state: a filter change fetches the page anew and swaps what differs: <main>, the navigation's links
// and the footer. Trouble is a plain navigation.
const said = document.body.appendChild(Object.assign(document.createElement("p"), { className: "sr", role: "status" }));
const address = () => location.pathname + location.search;
let shown = address();
let asked;
const go = async (url, keep) => {
  asked?.abort();
  asked = new AbortController();
  const main = document.querySelector("main");
  const focused = document.activeElement?.closest(".filters [name], .filters button");
  main.classList.add("busy");
  try {
    const answer = await fetch(url, { signal: asked.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("main");
    if (!answer.ok || !next) throw Error(answer.status);
    main.replaceWith(next);
    for (const part of [".top nav", "footer"]) document.querySelector(part)?.replaceWith(page.querySelector(part) ?? "");
    if (seek) seek.href = page.querySelector(".seek")?.href ?? seek.href;
    document.title = page.title;
    if (keep && answer.url !== location.href) history.pushState(null, "", answer.url);
    shown = address();
    enhance(next);
    showCurrent();
    said.textContent = next.querySelector(".sub")?.textContent ?? page.title;
    if (focused) next.querySelector(focused.name ? `.filters [name="${CSS.escape(focused.name)}"]` : ".filters button")?.focus();
  } catch (trouble) {
    if (trouble.name !== "AbortError") location.assign(url);
  }
};

const filter = (event) => {
  const form = event.target.closest("form.filters");
  if (!form) return;
  event.preventDefault();
  const url = new URL(form.action);
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  go(url, true);
};
const showCurrent = () => document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
addEventListener("change", filter);
addEventListener("submit", filter);
addEventListener("popstate", () => address() !== shown && go(location.href));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("textarea")?.form?.requestSubmit();
});

// Ctrl+K: the list of the page /find in a dialog, asked for with every letter.
const seek = document.querySelector(".seek");
const palette = () => {
  const dialog = Object.assign(document.createElement("dialog"), { className: "palette", ariaLabel: "Find" });
  const field = Object.assign(document.createElement("input"), { type: "search", placeholder: "Page, team, component, metric, experiment" });
  field.ariaLabel = field.placeholder;
  const list = document.createElement("div");
  dialog.append(field, list);
  const links = () => [...list.querySelectorAll("a")];
  let newest = 0;
  const ask = async () => {
    const turn = ++newest;
    const url = new URL(seek.href);
    url.searchParams.set("q", field.value);
    const page = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
    if (turn === newest) list.replaceChildren(...page.querySelectorAll("main [role=status], #found"));
  };
  dialog.onkeydown = (event) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    if (event.key === "Enter" && event.target === field) return all[0]?.click();
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    (all[to] ?? field).focus();
  };
  field.oninput = ask;
  // Outside of it. What a handler returns would count as its consent to the click.
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  document.body.append(dialog);
  return { open: () => { field.value = ""; ask(); dialog.showModal(); } };
};
if (seek) {
  const { open } = palette();
  seek.onclick = (event) => { event.preventDefault(); open(); };
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    open();
  });
}

enhance(document);
showCurrent();
