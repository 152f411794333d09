"use strict";
// Only adds to the page: sorting and copying of tables, and a filter of rows. All else works without.
(() => {
  const text = (cell) => cell.textContent.trim();

  // 12,345 (12,000–12,500) and 0.41x begin with the number that counts; a dash has none.
  const number = (words) => {
    const found = words.replaceAll(",", "").match(/^[-+]?\d+(\.\d+)?(e[-+]?\d+)?/i);
    return found ? Number(found[0]) : null;
  };

  const compare = (one, other) => {
    const [first, second] = [number(one), number(other)];
    if (first !== null && second !== null) return first - second;
    return one.localeCompare(other, "en", { numeric: true });
  };

  const button = (label, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", () => action(made));
    return made;
  };

  const addSorting = (table) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    if (original.length < 2) return;
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const sort = button(text(heading), () => {
        const turns = { none: "descending", descending: "ascending", ascending: "none" };
        const order = turns[heading.getAttribute("aria-sort") ?? "none"];
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        if (order === "none") {
          body.append(...original);
          return;
        }
        heading.setAttribute("aria-sort", order);
        const sign = order === "descending" ? -1 : 1;
        const known = original.filter((row) => !text(row.cells[column]).startsWith("\u2013"));
        const absent = original.filter((row) => !known.includes(row));
        known.sort((one, other) => sign * compare(text(one.cells[column]), text(other.cells[column])));
        body.append(...known, ...absent); // what is not known stays below
      });
      sort.className = "sort";
      sort.title = "Sort by this column";
      heading.replaceChildren(sort);
    });
  };

  const tabbed = (table) =>
    [...table.rows]
      .filter((row) => !row.hidden)
      .map((row) => [...row.cells].map(text).join("\t"))
      .join("\n");

  const copied = async (words) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(words);
      return;
    }
    const area = document.createElement("textarea");
    area.value = words;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not allow it");
  };

  const addCopying = (table) => {
    const name = table.caption ? text(table.caption) : "table";
    const copy = button("Copy", async (pressed) => {
      try {
        await copied(tabbed(table));
        pressed.textContent = "Copied";
      } catch (error) {
        pressed.textContent = `Not copied: ${error.message}`;
      }
      setTimeout(() => { pressed.textContent = "Copy"; }, 2000);
    });
    copy.className = "copy";
    copy.setAttribute("aria-label", `Copy as tab-separated text: ${name}`);
    const frame = document.createElement("div");
    frame.className = "framed";
    const scroll = table.closest(".scroll");
    scroll.replaceWith(frame);
    frame.append(copy, scroll);
  };

  const addFilter = () => {
    const place = document.getElementById("controls");
    const rows = [...document.querySelectorAll(".rows tbody tr")];
    if (!place || rows.length < 4) return;
    const label = document.createElement("label");
    label.textContent = "Show only rows with ";
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "pytorch, compiled, …";
    label.append(input);
    const told = document.createElement("output");
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let hidden = 0;
      for (const row of rows) {
        const name = text(row.cells[0]).toLowerCase();
        row.hidden = !wanted.every((word) => name.includes(word));
        hidden += row.hidden ? 1 : 0;
      }
      told.textContent = hidden ? ` ${hidden} of ${rows.length} rows of tables are hidden` : "";
    });
    place.append(label, told);
    place.hidden = false;
  };

  for (const table of document.querySelectorAll("main table")) {
    addCopying(table);
    addSorting(table);
  }
  addFilter();
})();
