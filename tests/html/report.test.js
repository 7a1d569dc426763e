// The HTML reports in a real browser, each opened from its file and with no way to any network.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { HOSTILE, hostile, street_of_cameras, ten_thousand } from "./worlds.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Where pictures of the pages are kept, for people to look at. */
const PICTURES = process.env.REKON_PICTURES;

let browser;
let street;

before(async () => {
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_BIN, args });
  street = await street_of_cameras();
});

after(() => browser?.close());

/** Opens a report, and holds that nothing was asked of a network, complained of or asked of people. */
async function open(t, file, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("request", (request) => { if (request.url().split("#")[0] !== pathToFileURL(file).href) wrong.push(`request: ${request.url()}`); });
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(pathToFileURL(file).href + hash);
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  return page;
}

const found = (page) => page.locator("#found").textContent();
const titles = (page) => page.locator(".entry > details > summary > .name").allTextContents();
const entry = (page, title) => page.locator(".entry", { has: page.locator("summary > .name", { hasText: new RegExp(`^${title}$`) }) }).first();

/** Opens everything that can be opened. */
const unfold = (page) => page.evaluate(async () => {
  for (let closed; (closed = document.querySelectorAll("main details:not([open])")).length;) {
    closed.forEach((details) => { details.open = true; });
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
});

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

test("a plan says first what goes blind, and what it is a plan of", async (t) => {
  const page = await open(t, street.plan);
  assert.equal(await page.title(), "Plan of street");
  assert.match(await page.locator(".verdict").textContent(), /^3 cameras go blind for good, 2 cameras go blind for a while\.$/);
  const [first, second, third] = await titles(page);
  assert.deepEqual([first, second, third], ["3 processors", "garage", "front → front-door"]);
  assert.match(await page.locator(".where").textContent(), /account 111122223333 · us-east-1/);
  const facts = await page.locator("dl").textContent();
  assert.match(facts, /Fingerprintsha256:[0-9a-f]{64}/);
  assert.match(facts, /Made20\d\d-/);
  assert.match(facts, /Againstthe embedded service/);
  assert.match(await page.locator(".outside").textContent(), /1 more in this account and region is declared by no file:\s*legacy/);
  assert.equal(await found(page), "20 processors, 7 changes.");
  await picture(page, "plan");
});

test("what is alike is one entry that unfolds to its processors and their calls", async (t) => {
  const page = await open(t, street.plan);
  const crowd = entry(page, "12 processors");
  assert.match(await crowd.locator(".brief").textContent(), /min_confidence 50 → 60/);
  await crowd.locator("> details > summary").click();
  assert.equal(await crowd.locator(".member").count(), 12);
  await crowd.locator(".member > summary").nth(4).click();
  const member = crowd.locator(".member").nth(4);
  assert.match(await member.textContent(), /camera-04/);
  assert.match(await member.locator("tbody tr").first().textContent(), /settings\.connected_home\.min_confidence50\s*60.*the file changed.*rekon\.toml:\d+/s);
  await member.locator(".of-calls > summary").click();
  const requests = await member.locator("pre").allTextContents();
  assert.deepEqual(JSON.parse(requests[0]), {
    Name: "camera-04", SettingsForUpdate: { ConnectedHomeForUpdate: { MinConfidence: 60 } },
  });
});

test("a replacement shows its blindness, its cause and what puts it back", async (t) => {
  const page = await open(t, street.plan);
  const garage = entry(page, "garage");
  await garage.locator("> details > summary").click();
  assert.match(await garage.locator(".notes").textContent(), /Blind for at least/);
  assert.match(await garage.locator("table").first().textContent(), /forces replacement \(.*rekon\.toml:\d+\)/);
  await garage.locator(".of-calls > summary").click();
  assert.deepEqual(await garage.locator(".of-calls > ol > li > p > b").allTextContents(), ["DeleteStreamProcessor", "CreateStreamProcessor"]);
  await garage.locator("summary", { hasText: "If it fails" }).click();
  const back = JSON.parse(await garage.locator(".calls .calls pre").first().textContent());
  assert.match(back.RoleArn, /OldRole$/);
});

test("the list narrows by action, tag, attribute and words, and the address keeps it", async (t) => {
  const page = await open(t, street.plan);
  await page.locator("#counts button", { hasText: "to delete" }).click();
  assert.deepEqual(await titles(page), ["3 processors", "front → front-door"]);
  await page.locator("#counts button", { hasText: "to create" }).click();
  assert.deepEqual(await titles(page), ["3 processors", "front → front-door", "porch"]);
  await page.locator("#clear").click();

  await page.locator("#tag").selectOption("site");
  assert.deepEqual((await page.locator("#values option").evaluateAll((all) => all.map(({ value }) => value))), ["north", "south", "west"]);
  await page.locator("#value").fill("south");
  assert.equal(await found(page), "5 of 20 processors, 2 changes.");
  assert.deepEqual(await titles(page), ["lane", "4 of 12 processors"]);
  await page.locator("#attribute").selectOption("tags.site");
  assert.deepEqual(await titles(page), ["lane"]);
  assert.match(page.url(), /#attribute=tags.site&tag=site&value=south$/);

  await page.goBack();
  assert.deepEqual(await titles(page), ["lane", "4 of 12 processors"]);
  await page.goForward();
  assert.deepEqual(await titles(page), ["lane"]);
  await page.reload();
  assert.deepEqual(await titles(page), ["lane"]);
  assert.equal(await page.locator("#value").inputValue(), "south");

  await page.locator("#clear").click();
  await page.locator("#q").fill("oldrole GARAGE");
  assert.deepEqual(await titles(page), ["garage"]);
  await page.locator("#q").fill("nobody has this");
  assert.equal(await found(page), "Nothing matches: 0 of 20 processors.");
  assert.equal(await page.locator("#found").getAttribute("aria-live"), "polite");
});

test("an address names a processor, and the page opens and shows it alone", async (t) => {
  const page = await open(t, street.plan, { hash: "#camera-07" });
  const member = page.locator(".member[open]");
  assert.match(await member.locator("summary").first().textContent(), /camera-07/);
  assert.ok(await member.locator("summary").first().evaluate((summary) => summary === document.activeElement));
  assert.equal(await found(page), "1 of 20 processors, 1 change.");
  await page.locator("#clear", { hasText: "Show all" }).click();
  assert.equal(await found(page), "20 processors, 7 changes.");
  await page.goBack();
  assert.equal(await found(page), "1 of 20 processors, 1 change.");
  // A processor is found by the name that it had, too.
  await page.evaluate(() => { location.hash = "#front"; });
  const front = entry(page, "front → front-door");
  await front.locator(".details").waitFor();
  assert.match(await front.locator("table").first().textContent(), /key_prefix\s*front\/\s*front-door\//);
  assert.ok(await front.locator("summary").first().evaluate((summary) => {
    const { top, bottom } = summary.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }));
  await page.evaluate(() => { location.hash = "#nobody"; });
  await page.locator("#found", { hasText: "Nothing is about nobody" }).waitFor();
});

test("a keyboard is enough", async (t) => {
  const page = await open(t, street.plan);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the list");
  await page.keyboard.press("/");
  assert.equal(await focused(), "q");
  await page.keyboard.type("camera-03");
  assert.deepEqual(await titles(page), ["1 of 12 processors"]);
  const walked = [];
  for (let step = 0; step < 12 && !walked.at(-1)?.includes("1 of 12"); step += 1) {
    await page.keyboard.press("Tab");
    walked.push(await focused());
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", walked.at(-1));
  }
  assert.match(walked.at(-1), /1 of 12 processors/);
  await page.keyboard.press("Enter");
  await page.locator(".member").waitFor();
  await page.keyboard.press("Tab");
  assert.match(await focused(), /camera-03/);
  await page.keyboard.press("Space");
  assert.equal(await page.locator(".member[open]").count(), 1);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  assert.equal(await found(page), "20 processors, 7 changes.");
});

test("a refused plan says why, and what to do", async (t) => {
  const page = await open(t, street.refused);
  const refusal = page.locator(".messages.error");
  assert.match(await refusal.textContent(), /Refusal.*guard\.max_deletes is 1.*guard-deletes.*--allow-deletes 4/s);
});

test("files with mistakes are told where they are wrong", async (t) => {
  const page = await open(t, street.mistaken);
  assert.match(await page.locator(".verdict").textContent(), /There is no plan/);
  assert.match(await page.locator(".messages").first().textContent(), /rekon\.toml:2:/);
});

test("a saved plan is shown as it was made", async (t) => {
  const page = await open(t, street.show);
  assert.equal(await found(page), "20 processors, 7 changes.");
  assert.match(await page.locator("dl").textContent(), /Againstthe embedded service/);
});

test("what drift found is shown and narrowed", async (t) => {
  const page = await open(t, street.drift);
  assert.match(await page.locator(".verdict").textContent(), /^Drift: 1 changed/);
  const [first] = await titles(page);
  assert.equal(first, "lane");
  assert.match(await page.locator(".entry").first().locator(".brief").textContent(), /min_confidence 60 → 90/);
  await page.locator("#tag").selectOption("site");
  await page.locator("#value").fill("north");
  assert.ok(!(await titles(page)).includes("lane"));
  await page.locator("#clear").click();
  await page.locator("#counts button", { hasText: "changed outside" }).click();
  assert.deepEqual(await titles(page), ["lane"]);
  await picture(page, "drift");
});

test("what became of a plan is told, the gravest first, with what was planned", async (t) => {
  const page = await open(t, street.outcome);
  assert.match(await page.locator(".verdict").textContent(), /^Applied in part/);
  const failed = entry(page, "garage");
  assert.match(await failed.locator(".what").textContent(), /CreateStreamProcessor failed/);
  await failed.locator("> details > summary").click();
  assert.match(await failed.locator(".notes").textContent(), /AccessDenied/);
  assert.match(await failed.locator("table").first().textContent(), /role_arn/);
  assert.match(await page.locator(".messages.error").textContent(), /garage is gone.*rekon restore/s);
  await picture(page, "outcome");
});

test("regions are drawn before and after", async (t) => {
  const page = await open(t, street.plan, { hash: "#yard" });
  const drawing = entry(page, "yard").locator("figure svg");
  const { width, height } = await drawing.boundingBox();
  assert.ok(width > 200 && height > 80, `${width} × ${height}`);
  assert.match(await entry(page, "yard").locator("figure").textContent(), /yard/);
});

test("without script there is the summary, and each camera that goes blind", async (t) => {
  const page = await open(t, street.plan, { javaScriptEnabled: false });
  const text = await page.locator("body").innerText();
  for (const expected of [/3 cameras go blind for good/, /4\s+to delete/, /cellar, shed-00, shed-01/, /garage replace/, /role_arn/, /sha256:/, /min_confidence: 50 → 60/]) {
    assert.match(text, expected);
  }
  await picture(page, "without-script");
});

test("a phone shows all of it without scrolling sideways, under a thumb", async (t) => {
  const page = await open(t, street.plan, { viewport: PHONE, hasTouch: true, isMobile: true });
  await unfold(page);
  const { wide, small } = await page.evaluate(() => {
    const targets = [...document.querySelectorAll("button, summary, select, input, a:not(.skip)")];
    const size = (target) => target.getBoundingClientRect();
    const small = targets.filter((target) => target.checkVisibility() && size(target).height < 43.5);
    return { wide: document.documentElement.scrollWidth, small: small.map((target) => `${target.textContent} ${size(target).height}`) };
  });
  assert.equal(wide, PHONE.width);
  assert.deepEqual(small, []);
  await picture(page, "phone");
});

test("what is printed has what goes blind unfolded, and no controls", async (t) => {
  const page = await open(t, street.plan);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.ok(!(await page.locator("#filter").isVisible()));
  assert.ok(await entry(page, "garage").locator("table").first().isVisible());
  assert.ok((await page.pdf()).length > 10_000);
});

for (const [scheme, ground] of [["light", "rgb(246, 247, 248)"], ["dark", "rgb(18, 20, 23)"]]) {
  for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    test(`axe finds nothing, ${scheme}, ${device}`, async (t) => {
      for (const name of ["plan", "refused", "drift", "outcome", "mistaken"]) {
        const page = await open(t, street[name], { viewport, colorScheme: scheme });
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), ground);
        await unfold(page);
        await page.evaluate(AXE);
        const { violations, passes } = await page.evaluate(() => window.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]), [], name);
        assert.ok(passes.length > 20);
        await picture(page, `unfolded-${name}-${scheme}-${device}`);
      }
    });
  }
}

test("nothing that a stranger wrote becomes markup or script", async (t) => {
  const { plan, edited } = hostile();
  for (const file of [plan, edited]) {
    const page = await open(t, file);
    await unfold(page);
    const strange = await page.evaluate(() => {
      const usual = new Set(["HTML", "HEAD", "META", "TITLE", "STYLE", "SCRIPT", "BODY", "A", "HEADER", "MAIN", "NOSCRIPT", "SECTION", "DIV", "P", "SPAN",
        "B", "H1", "H2", "UL", "OL", "LI", "DL", "DT", "DD", "DETAILS", "SUMMARY", "CODE", "PRE", "KBD", "FORM", "LABEL", "INPUT", "SELECT", "OPTION",
        "DATALIST", "BUTTON", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "BR", "WBR", "FIGURE", "FIGCAPTION"]);
      const all = [...document.querySelectorAll("*")].filter((one) => !one.closest("svg"));
      return {
        elements: all.filter((one) => !usual.has(one.tagName)).map((one) => one.outerHTML),
        handlers: all.filter((one) => [...one.attributes].some(({ name }) => name.startsWith("on"))).length,
        scripts: document.scripts.length,
        links: [...document.links].filter((link) => !link.getAttribute("href").startsWith("#")).length,
      };
    });
    assert.deepEqual(strange, { elements: [], handlers: 0, scripts: 2, links: 0 });
    const text = await page.locator("body").innerText();
    assert.doesNotMatch(text, /[\u202e\u2028\u2029]/);
    for (const harm of HOSTILE.filter((harm) => !/[\u2028\u202e]/.test(harm))) assert.ok(text.includes(harm), harm);
    assert.ok(text.includes("exe.\\u{202e}txt"));
    // A tag may have any key, and a filter take any text.
    await page.locator("#tag").selectOption("__proto__");
    await page.locator("#q").fill(HOSTILE[1]);
    await page.reload();
    assert.equal(await page.locator("#tag").inputValue(), "__proto__");
  }
  const page = await open(t, edited, { hash: `#${encodeURIComponent(HOSTILE[1])}` });
  assert.ok(await page.locator(".entry > details[open], .member[open]").count());
  assert.ok((await page.locator("pre").count()) >= 0);
});

test("the request that is shown is the request that is sent, whatever it holds", async (t) => {
  const page = await open(t, hostile().edited);
  await unfold(page);
  const shown = await page.locator(".calls pre").first().textContent();
  assert.doesNotMatch(shown, /[\u202e\u2028\u2029]/);
  assert.deepEqual(JSON.parse(shown).Name, HOSTILE);
  assert.ok(shown.includes("\"__proto__\": \"own\""));
});

test("ten thousand stay usable", async (t) => {
  const file = ten_thousand();
  const megabytes = statSync(file).size / 1e6;
  assert.ok(megabytes < 15, `${megabytes} MB`);

  // A machine that is busy with something else makes a run slow, and none fast.
  let page;
  const opened = [];
  for (let run = 0; run < 3; run += 1) {
    page = await open(t, file);
    await page.locator(".entry").first().waitFor();
    opened.push(await page.evaluate(async () => {
      await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
      return performance.now();
    }));
  }
  assert.match(await found(page), /^10,000 processors, /);

  const filters = {
    "an action": [{ kind: "replace" }, /^1,000 of 10,000 processors/],
    "a tag": [{ tag: "site", value: "site-7" }, /^50 of 10,000 processors/],
    "an attribute": [{ attribute: "role_arn" }, /^1,000 of 10,000 processors/],
    "words": [{ q: "camera-00042" }, /^1 of 10,000 processors/],
    "words of many": [{ q: "min_confidence" }, /^10,000 processors/],
  };
  const figures = [`${megabytes.toFixed(1)} MB`, `opens in ${Math.round(Math.min(...opened))} ms`];
  assert.ok(Math.min(...opened) < 3000, `${opened}`);
  for (const [what, [parts, expected]] of Object.entries(filters)) {
    const address = new URLSearchParams(parts).toString();
    const times = [];
    for (let run = 0; run < 5; run += 1) {
      await page.evaluate(() => { location.hash = ""; });
      await page.waitForFunction(() => document.getElementById("found").textContent.startsWith("10,000 processors"));
      times.push(await page.evaluate(async (hash) => {
        const begun = performance.now();
        const painted = new Promise((resolve) => { window.addEventListener("hashchange", () => requestAnimationFrame(() => setTimeout(resolve)), { once: true }); });
        location.hash = hash;
        await painted;
        return performance.now() - begun;
      }, address));
      assert.match(await found(page), expected);
    }
    figures.push(`${what}: ${Math.round(Math.min(...times))} ms`);
    assert.ok(Math.min(...times) < 200, `${what}: ${times}`);
  }
  t.diagnostic(figures.join(", "));

  await page.evaluate(() => { location.hash = "camera-09999"; });
  await page.locator(".details").waitFor();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /camera-09999/);
  assert.equal(await found(page), "1 of 10,000 processors, 1 change.");
  await page.locator("#clear").click();
  await picture(page, "ten-thousand");
  const more = page.locator("#list button.more:visible").first();
  const shown = await page.locator(".entry").count();
  await more.click();
  assert.equal(await page.locator(".entry").count(), shown + 100);
});
