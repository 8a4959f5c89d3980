// Opens every page of the sites in a Chromium, in light and in dark, 360 and 1200 pixels wide, and runs axe-core over it with
// all its parts open: look_at_site.mjs MODULES CHROMIUM SITE... Exits 1 where axe finds a violation, where something is asked
// for besides the page, or where a page is wider than the screen. SHOTS=DIR keeps pictures.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, chromium, ...sites] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "package.json"));
const loaded = await import(pathToFileURL(require.resolve("puppeteer-core")).href);
const puppeteer = loaded.default;
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const pages = sites.flatMap((site) =>
  readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html")).map((name) => [site, name]));
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const wrong = [];
let looked = 0;
const page = await browser.newPage();
const asked = [];
page.on("request", (request) => asked.push(request.url()));
for (const [site, name] of pages) {
  const url = pathToFileURL(join(resolve(site), name)).href;
  for (const scheme of ["light", "dark"]) {
    for (const width of [360, 1200]) {
      const where = `${basename(site)}/${name}, ${scheme}, ${width} px`;
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.setViewport({ width, height: 900 });
      asked.length = 0;
      await page.goto(url);
      if (shots) await page.screenshot({ path: join(shots, `${basename(site)}-${name.replace("/", "-")}-${scheme}-${width}.png`), fullPage: true });
      const widest = await page.evaluate(() => document.documentElement.scrollWidth);
      if (widest > width) wrong.push(`${where}: is ${widest} px wide`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const it of found.violations) {
        wrong.push(`${where}: ${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
      }
      const others = asked.filter((it) => it !== url && !it.startsWith("data:"));
      if (others.length > 0) wrong.push(`${where}: asks for ${others.join(", ")}`);
      looked += 1;
    }
  }
}
// The looking can fail: a page with a picture without words, which it asks for.
await page.setContent('<!DOCTYPE html><title>x</title><img src="http://127.0.0.1:9/x.png">');
await page.evaluate(axe);
const control = await page.evaluate(() => window.axe.run(document));
if (!control.violations.some((it) => it.id === "image-alt")) wrong.push("axe does not see a picture without words");
if (!asked.some((it) => it.includes("127.0.0.1:9"))) wrong.push("what a page asks for is not seen");
await browser.close();
if (looked === 0) wrong.push("there is no page");
wrong.forEach((it) => console.log(it));
console.log(`report-site: ${looked} looks at ${pages.length} pages, ${wrong.length} things wrong`);
process.exit(wrong.length > 0 ? 1 : 0);
