// Chromium: one browser, and a page per library.

import { launchChromium } from "../../tools/hosts/chromium.mjs";
import { serve } from "../../tools/hosts/serve.mjs";
import { folder } from "../libraries.mjs";
import { HostError, within } from "./calls.mjs";
import { findDescendant, processorTime } from "./processorTime.mjs";

/** Isolated pages: threads of WebAssembly need them, and clocks are finer there. */
function answerPage(_request, response, path) {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  if (!path.startsWith("/page/")) return false;
  const script = `<script type="module">import "/chromium/${path.slice(6)}.mjs";</script>`;
  response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>${script}`);
  return true;
}

class Page {
  #page;
  #isDead = false;
  #devtools;
  #browserPid;
  #gpuPid;
  #errors = [];

  async open(browser, url) {
    this.#browserPid = browser.process().pid;
    this.#page = await browser.newPage();
    this.#page.on("pageerror", (error) => this.#errors.push(String(error)));
    await this.#page.goto(url);
    await within(60_000, this.#loaded(), "loading the page");
    this.#devtools = await this.#page.createCDPSession();
    await this.#devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    return this;
  }

  async #loaded() {
    await this.#page.waitForFunction("globalThis.bench", { polling: 50, timeout: 0 });
  }

  async call(method, argument = {}, ms = 180_000) {
    if (this.#isDead) throw new HostError("the page no longer answers");
    const evaluate = (name, given) => globalThis.bench(name, given);
    const answer = this.#page.evaluate(evaluate, method, argument);
    answer.catch(() => undefined); // it may fail after nobody waits any more
    try {
      return await within(ms, answer, `${method} ${JSON.stringify(argument)}`);
    } catch (error) {
      const isLost = /Target closed|Session closed|detached|crash|Connection/i.test(error.message);
      this.#isDead = error instanceof HostError || isLost;
      throw isLost ? new HostError(error.message) : error;
    }
  }

  /** Milliseconds of processor time so far: the page's own thread and the GPU process. */
  async processorTime() {
    this.#gpuPid ??= findDescendant(this.#browserPid, "--type=gpu-process");
    const { metrics } = await this.#devtools.send("Performance.getMetrics");
    const { value } = metrics.find(({ name }) => name === "TaskDuration");
    return value * 1000 + (processorTime(this.#gpuPid) ?? NaN);
  }

  get errors() {
    return this.#errors;
  }

  async close() {
    this.#isDead = true;
    await within(5000, this.#page.close(), "closing the page").catch(() => undefined);
  }
}

export async function launch() {
  const server = await serve(folder, { handle: answerPage });
  const browser = await launchChromium();
  return {
    version: await browser.version(),
    isAlive: () => browser.connected,
    async open(library, { isCounting }) {
      const page = await new Page().open(browser, `${server.url}page/${library}`);
      const host = { packages: `${server.url}node_modules/` };
      page.info = await page.call("init", { isCounting, host }, 90_000);
      return page;
    },
    async close() {
      const process = browser.process();
      await within(5000, browser.close(), "closing Chromium").catch(() => process.kill("SIGKILL"));
      server.close();
    },
  };
}
