// Tables that can be sorted, the navigation, and the start of it all.

// ---------------------------------------------------------------- tables

// Orders rows by a column: numbers from the largest, texts from the first; again reverses; missing values stay last.
function makeSortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const original = [...body.rows];
  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
    return cell.textContent === MISSING ? null : cell.textContent;
  };
  const order = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = original.some((row) => typeof key(row, column) === "number");
      const [first, second] = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
      const now = head.getAttribute("aria-sort");
      const next = now === first ? second : now === second ? null : first;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (next) head.setAttribute("aria-sort", next);
      const sign = next === "descending" ? -1 : 1;
      const rows = [...original];
      if (next) {
        rows.sort((left, right) => {
          const [a, b] = [key(left, column), key(right, column)];
          return a === null || b === null ? (a === null) - (b === null) : sign * order(a, b);
        });
      }
      body.append(...rows);
    });
  });
}

// ---------------------------------------------------------------- page

// Marks in the navigation the section whose heading was passed last.
function followSections() {
  const links = [...document.querySelectorAll(".nav a")];
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    const passed = sections.filter(
      (section) => section && section.getBoundingClientRect().top < innerHeight * 0.3,
    ).length;
    links.forEach((link, place) => {
      if (place === Math.max(0, passed - 1)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  document.addEventListener("scroll", mark, { passive: true });
  mark();
}

const charts = [...document.querySelectorAll("figure.chart")]
  .filter((figure) => figure.querySelector(".plot"))
  .map((figure) => new Chart(figure));
document.querySelectorAll("table.sortable").forEach(makeSortable);
followSections();

const redraw = (width) => charts.forEach((chart) => chart.draw(width));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
// Paper is light and narrow.
addEventListener("beforeprint", () => {
  root.classList.add("paper");
  redraw(660);
});
addEventListener("afterprint", () => {
  root.classList.remove("paper");
  redraw();
});
