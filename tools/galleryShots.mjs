// npm run gallery -- --shots DIR: pictures of every page on a desk and on a phone, by day and by night,
// with what its run came to and the longest task of the page while it trained.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "./hosts/chromium.mjs";
import { longestTask } from "./longestTask.mjs";

const SIZES = {
  desktop: { width: 1280, height: 900 },
  phone: { width: 390, height: 844, deviceScaleFactor: 2 },
};

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);

/** Trains on a page until its goal or for so many seconds. */
async function train(page, seconds) {
  await page.waitForFunction("document.querySelector('#start').disabled === false");
  const started = performance.now();
  await page.click("#start");
  const passed = () => (performance.now() - started) / 1000;
  while (passed() < seconds) {
    await pause(500);
    if (/reached/.test(await textOf(page, "#goal"))) break;
    if (/failed/.test(await page.$eval("#status", (element) => element.className))) break;
  }
  return passed();
}

async function shoot(page, folder, name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewport(viewport);
      await pause(700);
      const path = join(folder, `${name}-${size}-${scheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
}

/**
 * @param url      of the gallery.
 * @param names    of the pages.
 * @param seconds  at most, for each page.
 */
export async function shootGallery(url, folder, names, seconds) {
  mkdirSync(folder, { recursive: true });
  const browser = await launchChromium();
  for (const name of ["index", ...names]) {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.log(`${name}: ${error}`));
    await page.setViewport(SIZES.desktop);
    await page.goto(new URL(name === "index" ? "/" : `${name}/`, url));
    if (name !== "index") {
      let took = 0;
      const { processor, clock } = await longestTask(page, async () => {
        took = await train(page, seconds);
      });
      const [goal, progress] = [await textOf(page, "#goal"), await textOf(page, "#progress")];
      const tasks = `longest task ${processor.toFixed(0)} ms (${clock.toFixed(0)} by the clock)`;
      console.log(`${name}: ${took.toFixed(0)} s; ${tasks}; ${goal}; ${progress}`);
    }
    await shoot(page, folder, name);
    await page.close();
  }
  await browser.close();
}
