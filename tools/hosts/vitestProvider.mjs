// Vitest's browser mode through puppeteer and the Chromium that launchChromium finds.

import { defineBrowserProvider } from "@vitest/browser";
import { launchChromium } from "./chromium.mjs";

// SwiftShader takes seconds to compile zeros into a kernel's workgroup memory. Renga's kernels write it
// before they read it.
const WITHOUT_ZEROS = "--enable-dawn-features=disable_workgroup_init";

class PuppeteerProvider {
  name = "puppeteer";
  supportsParallelism = false;
  #browser;
  #pages = new Map();

  getCommandsContext() {
    return {};
  }

  async openPage(sessionId, url) {
    this.#browser ??= await launchChromium([WITHOUT_ZEROS]);
    const page = await this.#browser.newPage();
    page.on("pageerror", (error) => console.error(`page: ${error}`));
    this.#pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  async getCDPSession(sessionId) {
    return this.#pages.get(sessionId).createCDPSession();
  }

  async close() {
    await this.#browser?.close();
    this.#browser = undefined;
  }
}

/** A provider for `test.browser.provider`. */
export function puppeteerProvider() {
  return defineBrowserProvider({
    name: "puppeteer",
    supportedBrowser: ["chromium"],
    providerFactory: () => new PuppeteerProvider(),
  });
}
