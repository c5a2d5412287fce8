// Does logging the loss slow a training loop down? On Deno, where reading back blocks the thread.

import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../tools/hosts/bundle.mjs";
import { brief } from "../hosts/calls.mjs";
import { Sessions } from "../hosts/sessions.mjs";
import { bundleOptions, folder } from "../libraries.mjs";
import { median, noteFailure } from "../results.mjs";

const [HOST, PROGRAM] = ["deno", "loggedLoop"];
const STEPS = 1000;
const INTERVALS = [STEPS, 20, 1];

/** Ratios are taken within a round: what else the machine does then weighs on both. */
function summarize(rates) {
  const [unlogged] = INTERVALS.map((interval) => rates[interval]);
  return INTERVALS.map((interval) => {
    const ratios = rates[interval].map((rate, i) => rate / unlogged[i]);
    const every = interval === STEPS ? undefined : interval;
    return { every, rate: median(rates[interval]), ofUnlogged: median(ratios) };
  });
}

/** Steps per second by interval of logging. */
export async function logged({ results, options }) {
  console.log("\nlogged");
  await build({
    ...bundleOptions,
    entryPoints: [join(root, `bench/runtime/${PROGRAM}.mjs`)],
    outfile: join(folder, HOST, `${PROGRAM}.mjs`),
  });
  const about = { libraries: { [PROGRAM]: {} } };
  const sessions = await Sessions.launch(HOST, about);
  try {
    const session = await sessions.of(PROGRAM);
    if (session === undefined) throw new Error(about.libraries[PROGRAM].error);
    const given = { steps: STEPS, rounds: options.rounds, intervals: INTERVALS };
    const rows = summarize(await session.call("rates", given, 600_000));
    results.logged = { adapter: about.libraries[PROGRAM].adapter, rows };
    for (const { every, rate, ofUnlogged } of rows) {
      const name = every === undefined ? "not logged" : `logged every ${every}`;
      console.log(`  ${name}: ${rate.toFixed(0)} steps/s, ${ofUnlogged.toFixed(3)} of not logged`);
    }
  } catch (error) {
    noteFailure(results, "logged", `logged: ${brief(error)}`);
  } finally {
    await sessions.close();
  }
}
