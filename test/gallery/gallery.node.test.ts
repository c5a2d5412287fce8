// Every page of the gallery in a browser: it trains, pauses, saves, and goes on after a reload.

import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { DEMOS } from "../../examples/gallery/demos.ts";
// @ts-expect-error a script without types
import { serveGallery } from "../../tools/gallery.mjs";
// @ts-expect-error a script without types
import { launchChromium } from "../../tools/hosts/chromium.mjs";
// @ts-expect-error a script without types
import { longestTask } from "../../tools/longestTask.mjs";

let server: { url: string; close: () => void };
let browser: Browser;

beforeAll(async () => {
  server = await (serveGallery as () => Promise<typeof server>)();
  browser = await (launchChromium as () => Promise<Browser>)();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent ?? "");

const stepOf = async (page: Page): Promise<number> =>
  Number(/step (\d+)/i.exec(await textOf(page, "#progress"))?.[1] ?? -1);

/** Until what the page says fulfils a condition. */
async function until(page: Page, holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    const isFailed = await page.$eval("#status", (element) => element.className === "failed");
    if (isFailed) throw new Error(await textOf(page, "#status"));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The step that a page shows for two seconds. */
async function settled(page: Page): Promise<number> {
  for (let step = await stepOf(page); ;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const now = await stepOf(page);
    if (now === step) return step;
    step = now;
  }
}

const isEnabled = (page: Page, selector: string): Promise<boolean> =>
  page.$eval(selector, (element) => !(element as HTMLButtonElement).disabled);

/** One with a pad and one with points; outside CI all. */
const PAGES = inject("isCI") ? ["digits", "diffusion-points"] : Object.keys(DEMOS);

/** Milliseconds that a page may keep its main thread. */
const LONG = 50;

/** Trains to the goal; gives the longest task of the page meanwhile, as it takes of a processor. */
async function trainToGoal(page: Page): Promise<number> {
  const work = async (): Promise<void> => {
    await page.click("#start");
    await until(page, async () => (await textOf(page, "#goal")).includes("reached"));
  };
  type Watch = (page: Page, work: () => Promise<void>) => Promise<{ processor: number }>;
  return (await (longestTask as Watch)(page, work)).processor;
}

describe.each(PAGES)("the page %s", (name) => {
  test("trains to its goal without long tasks, pauses, saves, and goes on after a reload", async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(`${server.url}${name}/`);
    await until(page, async () => (await textOf(page, "#status")) === "Ready.");
    expect(await trainToGoal(page)).toBeLessThan(LONG);
    await page.click("#start");
    // Steps that were under way still come.
    const paused = await settled(page);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await stepOf(page)).toBe(paused);
    await page.click("#step");
    await until(page, async () => (await stepOf(page)) > paused);
    await page.click("#save");
    await until(page, () => isEnabled(page, "#download"));

    await page.reload();
    await until(page, async () => (await textOf(page, "#status")).includes("saved at step"));
    const saved = Number(/\d+/.exec(await textOf(page, "#status")));
    expect(saved).toBeGreaterThanOrEqual(paused);
    await page.click("#resume");
    await until(page, async () => (await stepOf(page)) > saved);
    await page.click("#reset");
    await until(page, async () => (await textOf(page, "#status")) === "Ready.");
    expect(await isEnabled(page, "#resume")).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
  }, 480_000);
});

test("the index names every page; without WebGPU a page says so", async () => {
  const page = await browser.newPage();
  await page.goto(server.url);
  const links = await page.$$eval(".cards a", (all) => all.map((one) => one.getAttribute("href")));
  expect(links).toEqual(Object.keys(DEMOS).map((name) => `/${name}/`));
  await page.evaluateOnNewDocument(() => {
    Object.defineProperty(Navigator.prototype, "gpu", { get: undefined });
    delete (Navigator.prototype as { gpu?: unknown }).gpu;
  });
  await page.goto(`${server.url}digits/`);
  expect(await textOf(page, "#status")).toMatch(/has no WebGPU/);
  await page.goto(`${server.url}demo.html`);
  expect(await textOf(page, "#status")).toMatch(/no page named demo.html/);
  const nowhere = await fetch(`${server.url}nothing/`);
  expect(nowhere.status).toBe(404);
  await page.close();
});
