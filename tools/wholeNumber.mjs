// Numbers among the options of commands.

/** A wrong option: one line, exit code 2. */
export class OptionError extends Error {}

/** @throws {OptionError} unless the text is a whole number from `least` on. */
export function wholeNumber(name, text, least) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw new OptionError(`--${name} must be a whole number from ${least}. Got ${text}.`);
}
