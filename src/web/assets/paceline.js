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
    cross.setAttribute("d", kind === "x" ? `M${at.x},0V${height - 32}` : `M${at.x - 6},${at.y}h12m-6-6v12`);
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
    const [down, right] = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key] ?? [];
    if (down === undefined) return;
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
  Object.assign(svg, { onpointermove: point, onpointerleave: hide, onblur: hide, onkeydown: key });
};

const enhance = (root) => {
  for (const svg of root.querySelectorAll("svg[data-hover]")) {
    const table = svg.closest("figure")?.querySelector("details table");
    if (table) hover(svg, table);
  }
};

// The address is the state: a filter change fetches the page anew and swaps <main>. Trouble is a plain navigation.
let asked;
const go = async (url, keep) => {
  asked?.abort();
  asked = new AbortController();
  const main = document.querySelector("main");
  const focused = document.activeElement?.name;
  main.classList.add("busy");
  try {
    const answer = await fetch(url, { signal: asked.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("main");
    if (!answer.ok || !next) throw Error(answer.status);
    main.replaceWith(next);
    document.title = page.title;
    if (keep) history.pushState(1, "", answer.url);
    enhance(next);
    if (focused) next.querySelector(`.filters [name="${CSS.escape(focused)}"]`)?.focus();
  } catch (trouble) {
    if (trouble.name !== "AbortError") location.assign(url);
  }
};

const filter = (event) => {
  const form = event.target.closest("form.filters");
  if (!form) return;
  event.preventDefault();
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form));
  go(url, true);
};
addEventListener("change", filter);
addEventListener("submit", filter);
addEventListener("popstate", (event) => (event.state || !location.hash) && go(location.href));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("textarea")?.form?.requestSubmit();
});

enhance(document);
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
