// A Chromium that is told what to do by lines of JSON, and looks hard at pages: browser.mjs MODULES CHROMIUM HOST PORT.
// https://HOST is at 127.0.0.1:PORT, with a certificate of its own. Pages run no script. SHOTS=DIR keeps pictures.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, chromium, host, port] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "package.json"));
const { default: puppeteer } = await import(pathToFileURL(require.resolve("puppeteer-core")).href);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await puppeteer.launch({
  executablePath: chromium,
  protocolTimeout: 60_000,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--ignore-certificate-errors", `--host-resolver-rules=MAP ${host}:443 127.0.0.1:${port}`],
});
const page = await browser.newPage();
await page.setJavaScriptEnabled(false);
const elsewhere = [];
page.on("request", (request) => {
  // Chromium draws parts of forms, of dates for one, with pictures of its own.
  if (!request.url().startsWith("data:") && new URL(request.url()).host !== host) elsewhere.push(request.url());
});
let status = 0;
page.on("response", (response) => {
  if (response.request().isNavigationRequest()) status = response.status();
});

// What is in the focus, and whether it can be seen that it is.
const focused = () => page.evaluate(() => {
  const it = document.activeElement;
  const style = getComputedStyle(it);
  return { tag: it.tagName, html: it.outerHTML.slice(0, 120), seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
});

async function tabTo(selector) {
  for (let n = 0; n < 80; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) {
      const it = await focused();
      if (!it.seen) throw new Error(`the focus cannot be seen on ${it.html}`);
      return;
    }
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

async function state() {
  return page.evaluate(() => ({ url: location.href, title: document.title, lang: document.documentElement.lang, text: document.body.innerText }))
    .then((it) => ({ ...it, status }));
}

// From the top of the page with Tab: everything that can be used, in the order of the page, visibly.
async function walk(where, wrong) {
  const expected = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((it) => it.tabIndex >= 0 && it.getClientRects().length > 0);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    return all.map((it) => it.outerHTML.slice(0, 120));
  });
  for (const html of expected) {
    await page.keyboard.press("Tab");
    let it = await focused();
    // The parts of a date are places of their own.
    for (let n = 0; n < 4 && it.html !== html && it.html.includes('type="date"'); n += 1) {
      await page.keyboard.press("Tab");
      it = await focused();
    }
    if (it.html !== html) wrong.push(`${where}: Tab comes to ${it.html} where ${html} is next`);
    if (!it.seen) wrong.push(`${where}: the focus cannot be seen on ${it.html}`);
  }
}

async function measure(where, width, wrong) {
  const found = await page.evaluate(() => {
    const small = [];
    for (const it of document.querySelectorAll("a[href], button, input:not([type=hidden]), select")) {
      if (it.closest("[aria-hidden=true]")) continue;
      const target = it.matches("[type=checkbox], [type=radio]") ? it.closest("label") ?? it : it;
      const { width, height } = target.getBoundingClientRect();
      if (height < 43.9 || width < 43.9) small.push(`${it.outerHTML.slice(0, 100)} is ${Math.round(width)} by ${Math.round(height)}`);
    }
    const broken = [...document.images].filter((it) => !it.complete || it.naturalWidth === 0).map((it) => it.src);
    return { small, broken, widest: document.documentElement.scrollWidth, styled: getComputedStyle(document.querySelector("main")).maxWidth !== "none" };
  });
  if (found.widest > width) wrong.push(`${where}: is ${found.widest} px wide`);
  if (!found.styled) wrong.push(`${where}: has no style`);
  found.broken.forEach((it) => wrong.push(`${where}: ${it} is no picture`));
  found.small.forEach((it) => wrong.push(`${where}: too small for a finger: ${it}`));
}

async function violations(where, wrong) {
  // Its own scripts stay off until here; axe needs timers.
  await page.setJavaScriptEnabled(true);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
  await page.setJavaScriptEnabled(false);
  for (const it of found.violations) wrong.push(`${where}: ${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

const orders = {
  async open({ url, language }) {
    await page.setExtraHTTPHeaders({ "Accept-Language": language });
    await page.goto(url);
    return state();
  },
  async keys({ steps }) {
    for (const step of steps) {
      if (step.to) await tabTo(step.to);
      if (step.type !== undefined) {
        await page.keyboard.down("Control");
        await page.keyboard.press("a");
        await page.keyboard.up("Control");
        await page.keyboard.type(step.type);
      }
      if (step.press) await page.keyboard.press(step.press);
      if (step.submit) await Promise.all([page.waitForNavigation(), page.keyboard.press(step.submit)]);
    }
    return state();
  },
  async look({ kind, schemes, widths }) {
    const wrong = [];
    let looks = 0;
    for (const scheme of schemes) {
      for (const width of widths) {
        const where = `${kind}, ${scheme}, ${width} px`;
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.setViewport({ width, height: 800 });
        if (shots) await page.screenshot({ path: join(shots, `${kind.replaceAll(" ", "-")}-${scheme}-${width}.png`), fullPage: true });
        await measure(where, width, wrong);
        await violations(where, wrong);
        looks += 1;
      }
      await walk(`${kind}, ${scheme}`, wrong);
    }
    elsewhere.splice(0).forEach((it) => wrong.push(`${kind}: asks for ${it}`));
    return { wrong, looks };
  },
  // As a telephone shows it.
  async picture({ path }) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    await page.setViewport({ width: 360, height: 720, deviceScaleFactor: 2 });
    await page.evaluate(() => document.activeElement.blur());
    await page.screenshot({ path });
  },
  async values() {
    return { values: await page.evaluate(() => [...document.querySelectorAll("input, select")].map((it) => it.value)) };
  },
  // The looking can fail: a page that has everything wrong.
  async control() {
    await page.setContent('<!DOCTYPE html><title>x</title><style>a { outline: none }</style><main style="width: 2000px"><img src="https://elsewhere.example/x.png"><a href="#x">x</a></main>');
    const { wrong } = await orders.look({ kind: "control", schemes: ["light"], widths: [360] });
    return { wrong };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line);
  let answer;
  try {
    answer = await orders[name](rest);
  } catch (error) {
    answer = { trouble: String(error.stack ?? error) };
  }
  console.log(JSON.stringify(answer ?? {}));
}
await browser.close();
