// Makes the list of a report from the data in the page, as far as it is looked at.
//
// Text becomes text nodes and nothing else: there is no innerHTML here. What is shown follows
// from the filter alone, and the filter stands in the address, so that a link, a reload and the
// back button show the same again. An address without "=" names a processor instead.
"use strict";

const SIGNS = {
  delete: "−", replace: "±", create: "+", update: "~", adopt: "&", record: "·", start: "▶", stop: "■",
  changed: "~", missing: "−", failed: "✗", undeclared: "?", unknown: "≠", pending: "·",
  done: "✓", moved: "≠", "not-tried": "·",
};
// How many entries, and processors of an entry, are built at a time.
const AT_A_TIME = 100;
// How many values of a tag are suggested.
const MOST_SUGGESTIONS = 500;
// How much of the list is printed, and how many of its entries unfolded.
const MOST_PRINTED = 1000;
// What the eye does not see, or takes for something else.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const byId = (id) => document.getElementById(id);

// An element with attributes and children; children that are null or false are left out.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Builds the values of the pool. What a value is made of stands before it.
function unpack({ root, shapes, nodes }) {
  const values = new Array(nodes.length);
  nodes.forEach((node, at) => {
    if (!Array.isArray(node)) {
      values[at] = node;
    } else if (node[0] === 0) {
      values[at] = node.slice(1).map((place) => values[place]);
    } else {
      const keys = shapes[node[0] - 1];
      values[at] = Object.fromEntries(keys.map((key, index) => [key, values[node[index + 1]]]));
    }
  });
  return values[root];
}

const { noun, entries, pictures } = unpack(JSON.parse(byId("data").textContent));
const TOTAL = entries.reduce((sum, entry) => sum + entry.members.length, 0);

const number = (value) => value.toLocaleString("en");
const count = (value, word) => `${number(value)} ${word}${value === 1 ? "" : "s"}`;

// ---- What is searched ------------------------------------------------------------------------

// Tables are shared by processors that are alike, so that each is put into words once.
const wordsOfRows = new WeakMap();
function wordsOf(rows) {
  if (!wordsOfRows.has(rows)) {
    const words = rows.map(({ path, before, after, notes, below }) =>
      [path, before, after, ...notes.map(([, text]) => text), ...below.flatMap(([, , text, becomes]) => [text, becomes])]);
    wordsOfRows.set(rows, words.flat().join("\n").toLowerCase());
  }
  return wordsOfRows.get(rows);
}

function haystack(entry, member) {
  member.haystack ??= new WeakMap();
  if (!member.haystack.has(entry)) {
    const own = [member.name, member.was, member.place, entry.what, ...entry.notes.map(([, text]) => text),
      ...member.tags.map(([key, value]) => `${key}=${value}`)];
    member.haystack.set(entry, `${own.join("\n").toLowerCase()}\n${wordsOf(member.table.rows)}\n${wordsOf(entry.rows)}`);
  }
  return member.haystack.get(entry);
}

// ---- The filter ------------------------------------------------------------------------------

const NOTHING = { name: "", kinds: [], q: "", attribute: "", key: "", value: "" };

function toAddress({ name, kinds, q, attribute, key, value }) {
  if (name) return encodeURIComponent(name);
  const parts = new URLSearchParams();
  if (kinds.length) parts.set("kind", kinds.join(","));
  if (q.trim()) parts.set("q", q.trim());
  if (attribute) parts.set("attribute", attribute);
  if (key) parts.set("tag", key);
  if (key && value) parts.set("value", value);
  return parts.toString();
}

function fromAddress(address) {
  if (!address.includes("=")) {
    try {
      return { ...NOTHING, name: decodeURIComponent(address) };
    } catch {
      return { ...NOTHING, name: address };
    }
  }
  const parts = new URLSearchParams(address);
  const get = (key) => parts.get(key) ?? "";
  const kinds = get("kind").split(",").filter(Boolean);
  return { name: "", kinds, q: get("q"), attribute: get("attribute"), key: get("tag"), value: get("value") };
}

// The entries that have something to show, each with the processors that it shows.
function matching({ name, kinds, q, attribute, key, value }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const entry of entries) {
    if (kinds.length && !kinds.some((kind) => entry.kinds.includes(kind))) continue;
    const members = entry.members.filter((member) =>
      (!name || member.name === name || member.was === name) &&
      (!attribute || member.table.rows.some((row) => row.path === attribute)) &&
      (!key || member.tags.some(([one, its]) => one === key && (!value || its === value))) &&
      (!words.length || words.every((word) => haystack(entry, member).includes(word))));
    if (members.length) found.push({ entry, members });
  }
  return found;
}

// ---- An entry --------------------------------------------------------------------------------

const said = ([meaning, text]) => element("span", { class: meaning }, text);

function spaced(parts) {
  return parts.flatMap((part, at) => (at ? [" ", part] : [part]));
}

function sides({ before, after }) {
  return [before !== null && [element("span", { class: "before" }, before), " → "], element("span", { class: "after" }, after)].flat();
}

// What changes, in a line or two.
function brief(rows) {
  const shown = rows.slice(0, 2).map(({ path, notes, ...row }) => element("span", { class: "row" },
    element("code", {}, path), " ", sides(row), notes.length ? " " : null, spaced(notes.map(said))));
  const more = rows.length - shown.length;
  return element("span", { class: "brief" }, shown, more > 0 && element("span", { class: "faint row" }, `and ${count(more, "more attribute")}`));
}

function region([meaning, sign, text, becomes]) {
  return element("li", {}, element("span", { class: meaning }, sign && `${sign} `, text),
    becomes && [" → ", element("span", { class: "after" }, becomes)]);
}

// A path that may break behind its dots.
function breaking(path) {
  return path.split(/(?<=\.)/).flatMap((part, at) => (at ? [element("wbr", {}), part] : [part]));
}

// A table that stays one for a screen reader where the style sheet makes it a list.
function table(heads, rows, label) {
  const cell = (head, ...children) => element("td", { role: "cell", "data-head": head, class: head.toLowerCase() }, ...children);
  return element("table", { role: "table", "aria-label": label },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
      heads.map((head) => element("th", { role: "columnheader", scope: "col" }, head)))),
    element("tbody", { role: "rowgroup" }, rows.map(({ path, before, after, notes, below }) => element("tr", { role: "row" },
      element("th", { role: "rowheader", scope: "row" }, breaking(path)),
      heads.includes("Before") && cell("Before", before),
      cell(heads.find((head) => head === "After" || head === "What") ?? "Value", after,
        below.length > 0 && element("ul", { class: "regions" }, below.map(region))),
      heads.includes("Why") && cell("Why", notes.map(([meaning, text]) => element("div", { class: meaning }, text.replace(/^\((.*)\)$/, "$1"))))))));
}

// Details whose content is made when they are opened.
function fold(attributes, summary, content) {
  const made = element("details", attributes, element("summary", {}, summary));
  made.fill = () => {
    if (content) made.append(...[content()].flat().filter(Boolean));
    content = null;
  };
  made.addEventListener("toggle", () => made.open && made.fill());
  return made;
}

function json(value) {
  const text = JSON.stringify(value, null, 2).replace(UNSEEN, (unseen) => (unseen === "\n"
    ? unseen
    : [...Array(unseen.length).keys()].map((at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")));
  return element("pre", { tabindex: "0", role: "group", "aria-label": "JSON of the request" }, text);
}

function call({ id, operation, after, verified, request, back }) {
  const waits = [
    after.length > 0 && `after ${after.join(", ")}`,
    verified.length > 0 && `once ${verified.join(", ")} ${verified.length === 1 ? "is" : "are"} found as planned`,
  ].filter(Boolean);
  return element("li", {},
    element("p", {}, element("b", {}, operation), " ", element("span", { class: "faint" }, [id, ...waits].join(", "))),
    json(request),
    back.length > 0 && fold({}, `If it fails: ${count(back.length, "call")}`, () => element("ol", { class: "calls" },
      back.map((step) => element("li", {},
        element("p", {}, element("b", {}, step.operation), " ", element("span", { class: "faint" }, step.processor)),
        json(step.request))))));
}

// All that there is to say of one processor.
function details(member) {
  const { name, was, tags, table: { heads, rows }, stays, calls, became, picture, lacks } = member;
  return element("div", { class: "details" },
    (became || was || tags.length > 0) && element("div", { class: "about" },
      became && element("p", {}, became),
      was && element("p", {}, `Its name was ${was}.`),
      tags.length > 0 && element("ul", { class: "tags", "aria-label": "Tags" }, tags.map(([key, value]) => element("li", {}, `${key} = ${value}`)))),
    rows.length > 0 && table(heads, rows, `What changes of ${name}`),
    draw(picture, name, lacks),
    stays.length > 0 && fold({}, `${count(stays.length, "attribute")} ${stays.length === 1 ? "stays" : "stay"} as ${stays.length === 1 ? "it is" : "they are"}`,
      () => table(["Attribute", "Value"], stays.map(([path, value]) => ({ path, before: null, after: value, notes: [], below: [] })), `What stays of ${name}`)),
    calls.length > 0 && fold({ class: "of-calls" }, count(calls.length, "call"), () => element("ol", { class: "calls" }, calls.map(call))),
    element("a", { class: "link", href: `#${encodeURIComponent(name)}` }, `Link to ${name}`));
}

// Regions before and after, drawn by rekon.
function draw(picture, name, lacks) {
  if (picture === null) return null;
  if (picture === false) {
    return element("p", { class: "faint" }, "More regions change than a page should carry pictures of. This one is drawn by ",
      element("code", {}, `rekon render --plan PLAN.json ${name}`), ".");
  }
  const drawing = new DOMParser().parseFromString(pictures[picture], "image/svg+xml").documentElement;
  return element("figure", {}, document.importNode(drawing, true),
    element("figcaption", {}, `Regions of ${name}: what goes is hatched, what comes is filled, what stays is an outline. The numbers are those above.`,
      lacks && ` Drawn on a grid, since this page does not carry ${lacks}.`));
}

// Builds so many at a time, with a button for the next ones.
function chunks(list, items, make, word) {
  let built = 0;
  const more = element("button", { type: "button", class: "more", onclick: () => next() });
  function next(until = built + AT_A_TIME) {
    const focused = document.activeElement === more;
    const first = built;
    list.append(...items.slice(built, until).map(make));
    built = Math.max(built, Math.min(until, items.length));
    const rest = items.length - built;
    more.hidden = rest === 0;
    more.textContent = `Show ${number(Math.min(rest, AT_A_TIME))} more of ${count(rest, word)}`;
    if (focused) list.children[first]?.querySelector("summary")?.focus();
  }
  next();
  return { more, next };
}

function memberItem(member) {
  return element("li", {}, fold({ class: "member" },
    [element("span", { class: "name" }, member.name), " ", element("span", { class: "place" }, member.place ?? "")],
    () => details(member)));
}

function body(entry, members) {
  const { rows, notes, keep } = entry;
  const alone = entry.members.length === 1;
  const parts = [
    notes.length > 0 && element("ul", { class: "notes" }, notes.map((note) => element("li", {}, said(note)))),
    alone && details(members[0]),
    !alone && rows.length > 0 && table(members[0].table.heads, rows, "What changes of each"),
    keep && element("div", { class: "keep" }, element("p", {}, `${keep.lead}:`), element("pre", { tabindex: "0", role: "group", "aria-label": "Lines of TOML" }, keep.lines.join("\n"))),
  ];
  if (alone) return parts;
  const list = element("ul", { class: "members" });
  return [...parts, list, chunks(list, members, memberItem, "processor").more];
}

function title(entry, members) {
  if (entry.members.length === 1) {
    const [{ name, was }] = members;
    return was ? `${was} → ${name}` : name;
  }
  const all = count(entry.members.length, "processor");
  return members.length === entry.members.length ? all : `${number(members.length)} of ${all}`;
}

function entryItem({ entry, members }) {
  const [first] = members;
  const alone = entry.members.length === 1;
  const names = alone ? null : `${members.slice(0, 3).map(({ name }) => name).join(", ")}${members.length > 3 ? " …" : ""}`;
  const folded = fold({}, [
    element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[entry.kind]), " ",
    element("span", { class: "name" }, title(entry, members)), " ",
    element("span", { class: "what" }, entry.what), " ",
    element("span", { class: "place" }, alone ? first.place ?? "" : names), " ",
    entry.rows.length === 0 && entry.notes.length > 0 && alone ? element("span", { class: "brief" }, said(entry.notes[0])) : brief(entry.rows),
  ], () => body(entry, members));
  const item = element("li", { class: "entry", "data-kind": entry.kind }, folded);
  item.open = () => {
    folded.open = true;
    folded.fill();
  };
  return item;
}

// ---- The page --------------------------------------------------------------------------------

const controls = {};
let filter = NOTHING;
let shown = [];

function option(value, text) {
  return element("option", { value }, text);
}

function counted(map) {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

function build() {
  const paths = new Map();
  const tags = new Map();
  for (const { members } of entries) {
    for (const member of members) {
      for (const { path } of member.table.rows) paths.set(path, (paths.get(path) ?? 0) + 1);
      for (const [key, value] of member.tags) {
        if (!tags.has(key)) tags.set(key, new Map());
        tags.get(key).set(value, (tags.get(key).get(value) ?? 0) + 1);
      }
    }
  }
  controls.tags = tags;
  controls.q = element("input", { type: "search", id: "q", placeholder: "Name, attribute, value", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false" });
  controls.attribute = element("select", { id: "attribute" }, option("", "any"), counted(paths).map(([path, times]) => option(path, `${path} (${number(times)})`)));
  controls.key = element("select", { id: "tag" }, option("", "any"), counted(tags).map(([key]) => option(key, key)));
  controls.value = element("input", { id: "value", list: "values", placeholder: "any value", autocomplete: "off", spellcheck: "false" });
  controls.values = element("datalist", { id: "values" });
  controls.clear = element("button", { type: "button", id: "clear", onclick: () => change(NOTHING) }, "Clear");
  controls.found = element("p", { id: "found", role: "status", "aria-live": "polite" });
  controls.list = element("div", { id: "list" });

  for (const tile of document.querySelectorAll("#counts li")) {
    const { kind } = tile.dataset;
    const button = element("button", { type: "button", "aria-pressed": "false", onclick: () => toggle(kind) },
      element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[kind]), " ", [...tile.childNodes]);
    button.disabled = tile.classList.contains("none");
    tile.replaceChildren(button);
  }

  const field = (name, ...parts) => element("label", { class: `field ${name.toLowerCase()}` }, element("span", {}, name), ...parts);
  const form = element("form", { id: "filter", role: "search", "aria-label": "Filter the list", onsubmit: (event) => event.preventDefault() },
    field("Search", controls.q, element("kbd", { "aria-hidden": "true" }, "/")),
    paths.size > 0 && field("Attribute", controls.attribute),
    tags.size > 0 && field("Tag", controls.key),
    tags.size > 0 && field("Value", controls.value, controls.values),
    controls.clear);
  controls.q.addEventListener("input", () => narrow({ q: controls.q.value }, "replace"));
  controls.attribute.addEventListener("change", () => narrow({ attribute: controls.attribute.value }));
  controls.key.addEventListener("change", () => narrow({ key: controls.key.value, value: "" }));
  controls.value.addEventListener("input", () => narrow({ value: controls.value.value }, "replace"));
  if (TOTAL > 0) byId("changes").append(form, controls.found, controls.list);
}

function toggle(kind) {
  const kinds = filter.kinds.includes(kind) ? filter.kinds.filter((one) => one !== kind) : [...filter.kinds, kind];
  narrow({ kinds });
}

// Takes another part of the filter; whoever narrows no longer looks at one processor.
function narrow(part, how) {
  change({ ...filter, name: "", ...part }, how);
}

// Takes a filter over and writes it into the address; while it is typed, over what stands there.
function change(next, how = "push") {
  filter = next;
  show();
  const address = `#${toAddress(next)}`;
  if (address === location.hash || (address === "#" && location.hash === "")) return;
  if (how === "replace" && location.hash.includes("=")) location.replace(address);
  else location.hash = address;
}

function sync() {
  const { kinds, q, attribute, key, value } = filter;
  for (const tile of document.querySelectorAll("#counts li")) {
    tile.querySelector("button").setAttribute("aria-pressed", kinds.includes(tile.dataset.kind));
  }
  if (controls.q.value.trim() !== q.trim()) controls.q.value = q;
  controls.attribute.value = attribute;
  controls.key.value = key;
  if (controls.value.value !== value) controls.value.value = value;
  controls.value.disabled = !key;
  if (controls.suggested !== key) {
    controls.suggested = key;
    const values = counted(controls.tags.get(key) ?? []).slice(0, MOST_SUGGESTIONS);
    controls.values.replaceChildren(...values.map(([text, times]) => option(text, count(times, "processor"))));
  }
  controls.clear.hidden = toAddress(filter) === "";
  controls.clear.textContent = filter.name ? "Show all" : "Clear";
}

// Builds the list anew for the filter.
function show() {
  sync();
  const found = matching(filter);
  const processors = found.reduce((sum, { members }) => sum + members.length, 0);
  const of = processors === TOTAL ? `${count(TOTAL, "processor")}` : `${number(processors)} of ${count(TOTAL, "processor")}`;
  controls.found.textContent = found.length === 0
    ? `Nothing ${filter.name ? `is about ${filter.name}` : "matches"}: 0 of ${count(TOTAL, "processor")}.`
    : `${of}, ${count(found.length, noun)}.`;
  const grave = found.filter(({ entry }) => entry.destroys);
  const others = found.filter(({ entry }) => !entry.destroys);
  const section = (id, heading, part) => {
    const list = element("ol", { class: "entries" });
    const { more, next } = chunks(list, part, entryItem, noun);
    const made = element("section", { "aria-labelledby": id }, element("h2", { id }, heading), list, more);
    made.hidden = part.length === 0;
    return { made, list, part, next };
  };
  const parts = [section("grave", HEADINGS[0], grave), section("others", grave.length ? HEADINGS[1] : HEADINGS[2], others)];
  controls.list.replaceChildren(...parts.map(({ made }) => made));
  shown = parts;
}

const HEADINGS = {
  plan: ["Cameras that go blind", "Everything else", "Changes"],
  drift: ["What moved, is missing or failed", "Everything else", "Findings"],
  outcome: ["What did not end as planned", "Everything else", "Results"],
}[document.querySelector(".kind span").textContent];

// Opens the one processor that the address names, and goes there.
function visit() {
  const [item] = document.querySelectorAll(".entry");
  if (!item) return;
  item.open();
  const member = item.querySelector(".member");
  if (member) member.open = true;
  const summary = (member ?? item).querySelector("summary");
  summary.scrollIntoView({ block: "center" });
  summary.focus();
}

function follow() {
  const address = location.hash.slice(1);
  if (address === "changes" || address === toAddress(filter)) return;
  filter = fromAddress(address);
  show();
  if (filter.name) visit();
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    controls.q.focus();
    controls.q.select();
  } else if (event.key === "Escape" && event.target === controls.q) {
    narrow({ q: "" });
  }
}

build();
if (TOTAL > 0) {
  show();
  follow();
  window.addEventListener("hashchange", follow);
  document.addEventListener("keydown", keys);
  // What is printed is what is shown, as far as paper goes, with what destroys unfolded.
  window.addEventListener("beforeprint", () => {
    for (const { list, part, next } of shown) {
      next(MOST_PRINTED);
      [...list.children].filter((_, at) => part[at].entry.destroys).slice(0, AT_A_TIME).forEach((item) => item.open());
    }
  });
}
